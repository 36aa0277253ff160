// Package plugin is what a third party needs to extend the runtime: the
// interfaces of a plugin, and Serve, which turns a value that has them into a
// program that speaks the protocol of docs/plugins.md on stdin and stdout.
//
//	func main() { plugin.Serve(NewMyPlugin()) }
//
// The same code built with go build -buildmode=plugin and
//
//	func NewPlugin() plugin.Plugin { return NewMyPlugin() }
//
// is opened by gt-plugin-host, a process of its own, which then serves it in
// the same way.
//
// It imports the standard library alone, so that a plugin links nothing else.
package plugin

import "context"

// Plugin is what every plugin has. The order of calls is GetInfo, Initialize,
// Start, the calls of its type, Stop, Cleanup; each at most once but those of
// its type. A call whose context is done was given up by the caller.
type Plugin interface {
	GetInfo() PluginInfo
	// Initialize gets the configuration, checked against the schema of
	// GetInfo, with its defaults filled in. Numbers are float64.
	Initialize(ctx context.Context, config map[string]interface{}) error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Cleanup(ctx context.Context) error
}

// StoragePlugin provides the content of directories.
type StoragePlugin interface {
	Plugin
	// Mount makes source visible at target, an existing directory.
	Mount(source, target string, options map[string]interface{}) error
	// Unmount undoes Mount; what is not mounted is no failure.
	Unmount(target string) error
	// CreateSnapshot keeps the present content of source as snapshot.
	CreateSnapshot(source, snapshot string) error
}

// NetworkPlugin connects network namespaces.
type NetworkPlugin interface {
	Plugin
	PluginEventHandler
	// SetupNetwork connects the namespace at the path netNS.
	SetupNetwork(containerID, netNS string) (*NetworkResult, error)
	// TeardownNetwork undoes it; netNS may be gone by then.
	TeardownNetwork(containerID, netNS string) error
}

// MonitoringPlugin measures.
type MonitoringPlugin interface {
	Plugin
	PluginEventHandler
	CollectMetrics() map[string]interface{}
	GetHealthStatus() HealthStatus
}

// RuntimePlugin adjusts a container's config.json before anything is made.
type RuntimePlugin interface {
	Plugin
	AdjustSpec(ctx context.Context, in *SpecRequest) (*Adjustment, error)
}

// SecurityPlugin decides whether a container may be made, and may tighten its
// config.json. It sees what the runtime plugins have left.
type SecurityPlugin interface {
	Plugin
	CheckSpec(ctx context.Context, in *SpecRequest) (*Verdict, error)
}

// PluginEventHandler is for plugins of any type that want events.
type PluginEventHandler interface {
	// HandleEvent is called for one event after the other, in their order. An
	// event whose HandleEvent fails or does not return comes again.
	HandleEvent(ctx context.Context, event *PluginEvent) error
	// GetHandledEvents names the events; "container.*" and "*" are patterns.
	GetHandledEvents() []PluginEventType
}

// HealthChecker is for plugins of any type that know how they are. Without it
// a plugin that answers is healthy.
type HealthChecker interface {
	GetHealthStatus() HealthStatus
}
