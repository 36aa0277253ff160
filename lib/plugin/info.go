package plugin

import "encoding/json"

// Version of the protocol. A plugin that names another one is refused.
const Version = 1

// PluginType says which calls a plugin has.
type PluginType string

// The types.
const (
	PluginTypeStorage    PluginType = "storage"
	PluginTypeNetwork    PluginType = "network"
	PluginTypeMonitoring PluginType = "monitoring"
	PluginTypeRuntime    PluginType = "runtime"
	PluginTypeSecurity   PluginType = "security"
)

// PluginTypes lists the types.
func PluginTypes() []PluginType {
	return []PluginType{PluginTypeStorage, PluginTypeNetwork, PluginTypeMonitoring, PluginTypeRuntime, PluginTypeSecurity}
}

// PluginInfo is what a plugin says of itself. It is asked once, when the plugin
// is loaded, in a sandbox that grants nothing, and frozen.
type PluginInfo struct {
	Protocol    int                `json:"protocol"` // filled in by Serve
	Name        string             `json:"name"`     // the file's name without .so
	Version     string             `json:"version"`
	Type        PluginType         `json:"type"`
	Description string             `json:"description,omitempty"`
	Author      string             `json:"author,omitempty"`
	Config      PluginConfigSchema `json:"config"`
	Events      []PluginEventType  `json:"events,omitempty"` // filled in by Serve
	Needs       PluginNeeds        `json:"needs"`
}

// PluginNeeds is what a plugin wants beyond the sandbox. The operator grants
// each at load, or the plugin is not loaded.
type PluginNeeds struct {
	Network      bool         `json:"network,omitempty"`      // the host's network namespace
	Capabilities []string     `json:"capabilities,omitempty"` // CAP_NET_ADMIN …; makes it run as root
	Paths        []PluginPath `json:"paths,omitempty"`
	Memory       int64        `json:"memory,omitempty"` // bytes, instead of 256 MiB
	Pids         int64        `json:"pids,omitempty"`   // instead of 64
}

// PluginPath is a directory or file of the host that a plugin wants to see, at
// the same path.
type PluginPath struct {
	Path  string `json:"path"`
	Write bool   `json:"write,omitempty"`
	// Shared makes mounts that the plugin makes below Path appear on the host.
	Shared bool `json:"shared,omitempty"`
}

// HealthStatus is how a plugin is.
type HealthStatus struct {
	Healthy bool                   `json:"healthy"`
	Message string                 `json:"message,omitempty"`
	Details map[string]interface{} `json:"details,omitempty"`
}

// NetworkResult is what SetupNetwork has made. Addresses have a prefix length.
type NetworkResult struct {
	Interface string   `json:"interface,omitempty"` // its name inside
	Addresses []string `json:"addresses,omitempty"`
	Gateway   string   `json:"gateway,omitempty"`
	Bridge    string   `json:"bridge,omitempty"`
	VLAN      int      `json:"vlan,omitempty"`
	MAC       string   `json:"mac,omitempty"`
	DNS       []string `json:"dns,omitempty"`
}

// SpecRequest is a container that is about to be made.
type SpecRequest struct {
	ID     string          `json:"id"`
	Bundle string          `json:"bundle"`
	Spec   json.RawMessage `json:"spec"` // config.json
}

// Adjustment is a change of config.json: a whole new one, or a patch, or
// neither.
type Adjustment struct {
	Spec  json.RawMessage `json:"spec,omitempty"`
	Patch []PatchStep     `json:"patch,omitempty"`
}

// PatchStep is one operation of a JSON Patch (RFC 6902).
type PatchStep struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	From  string          `json:"from,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// The verdicts.
const (
	VerdictAllow = "allow"
	VerdictDeny  = "deny"
)

// Verdict is a security plugin's answer. A change that goes with allow may only
// tighten; one that loosens is refused, and the container with it.
type Verdict struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	Adjustment
}
