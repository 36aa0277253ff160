// My-plugin shows the shape of a plugin that is built as a shared library:
//
//	go build -buildmode=plugin -o my-plugin.so my-plugin.go
//	sudo mv my-plugin.so /usr/local/lib/gophertainer/plugins/
//	sudo gophertainer plugin load my-plugin
package main

import (
	"context"
	"log/slog"

	. "github.com/gophertainer/gophertainer/lib/plugin"
)

// MyPlugin is a storage plugin that only remembers.
type MyPlugin struct {
	config  map[string]interface{}
	logger  *slog.Logger
	mounted map[string]string
}

// NewMyPlugin makes it.
func NewMyPlugin() Plugin {
	return &MyPlugin{
		logger:  slog.Default().With("plugin", "my-plugin"),
		mounted: map[string]string{},
	}
}

// GetInfo says what it is.
func (p *MyPlugin) GetInfo() PluginInfo {
	return PluginInfo{
		Name:        "my-plugin",
		Version:     "1.0.0",
		Type:        PluginTypeStorage,
		Description: "Example plugin implementation",
		Author:      "Your Name",
		Config: PluginConfigSchema{
			Properties: map[string]PluginConfigProperty{
				"storage_path": {
					Type:        "string",
					Default:     "/var/lib/my-plugin",
					Description: "Storage path for plugin data",
				},
			},
			Required: []string{"storage_path"},
		},
	}
}

// Initialize keeps the configuration.
func (p *MyPlugin) Initialize(ctx context.Context, config map[string]interface{}) error {
	p.config = config
	return nil
}

// Start begins.
func (p *MyPlugin) Start(ctx context.Context) error {
	p.logger.Info("start", "storage_path", p.config["storage_path"])
	return nil
}

// Stop ends.
func (p *MyPlugin) Stop(ctx context.Context) error { return nil }

// Cleanup leaves nothing.
func (p *MyPlugin) Cleanup(ctx context.Context) error { return nil }

// Mount remembers.
func (p *MyPlugin) Mount(source, target string, options map[string]interface{}) error {
	p.mounted[target] = source
	p.logger.Info("mount", "source", source, "target", target)
	return nil
}

// Unmount forgets.
func (p *MyPlugin) Unmount(target string) error {
	delete(p.mounted, target)
	return nil
}

// CreateSnapshot has nothing to keep.
func (p *MyPlugin) CreateSnapshot(source, snapshot string) error { return nil }

// HandleEvent logs what it hears.
func (p *MyPlugin) HandleEvent(ctx context.Context, event *PluginEvent) error {
	switch event.Type {
	case ContainerEventStarting:
		p.logger.Info("container starts", "id", event.ID)
	case StorageEventMounting:
		p.logger.Info("storage is mounted", "id", event.ID)
	case NetworkEventSetup:
		p.logger.Info("network is set up", "id", event.ID)
	}
	return nil
}

// GetHandledEvents names what it hears.
func (p *MyPlugin) GetHandledEvents() []PluginEventType {
	return []PluginEventType{
		ContainerEventStarting,
		StorageEventMounting,
		NetworkEventSetup,
	}
}

// NewPlugin is the plugin's constructor, which gt-plugin-host looks for.
func NewPlugin() Plugin {
	return NewMyPlugin()
}

func main() {}
