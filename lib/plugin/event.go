package plugin

import "strings"

// PluginEventType is a line's type in the event log, with its kind in front.
type PluginEventType string

// Events. They tell what has happened, in the log's order.
const (
	ContainerEventCreated  PluginEventType = "container.create"
	ContainerEventStarting PluginEventType = "container.start"
	ContainerEventExec     PluginEventType = "container.exec"
	ContainerEventKilled   PluginEventType = "container.kill"
	ContainerEventPaused   PluginEventType = "container.pause"
	ContainerEventResumed  PluginEventType = "container.resume"
	ContainerEventUpdated  PluginEventType = "container.update"
	ContainerEventDeleted  PluginEventType = "container.delete"

	StorageEventMounting    PluginEventType = "storage.mount"
	StorageEventUnmounting  PluginEventType = "storage.unmount"
	StorageEventSnapshot    PluginEventType = "storage.snapshot"
	NetworkEventSetup       PluginEventType = "network.setup"
	NetworkEventTeardown    PluginEventType = "network.teardown"
	CheckpointEventCreated  PluginEventType = "checkpoint.dump"
	CheckpointEventRestored PluginEventType = "checkpoint.restore"
	PluginEventLoaded       PluginEventType = "plugin.load"
	PluginEventUnloaded     PluginEventType = "plugin.unload"
	PluginEventFailed       PluginEventType = "plugin.fail"
)

// PluginEvent is one line of the event log. ID names the container, or the
// plugin in a plugin's events.
type PluginEvent struct {
	Type PluginEventType   `json:"type"`
	ID   string            `json:"id"`
	Time string            `json:"time"` // RFC 3339, nanoseconds
	Data map[string]string `json:"data,omitempty"`
}

// Matches tells whether a type that was asked for, or a pattern that ends in *,
// covers t.
func (want PluginEventType) Matches(t PluginEventType) bool {
	if prefix, ok := strings.CutSuffix(string(want), "*"); ok {
		return strings.HasPrefix(string(t), prefix)
	}
	return want == t
}
