package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/plugin/ask"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// viaPlugin is what down has to undo.
type viaPlugin struct {
	Plugin string `json:"plugin"`
	NetNS  string `json:"netns"`
}

// pluginFile records it, one file a container, there before the plugin is asked.
func pluginFile(c *tool.Call, id string) string {
	return filepath.Join(c.Root, ".plugins", "net", id+".json")
}

// upPlugin lets a network plugin connect the container.
func upPlugin(c *tool.Call, q *attach.Request, name string) error {
	file := pluginFile(c, q.ID)
	if _, err := os.Lstat(file); err == nil {
		return fail.New(fail.CodeExists, "container has its network of a plugin, need gt-net down %s first", q.ID)
	}
	b, err := json.Marshal(viaPlugin{name, q.NetNS})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return err
	}
	err = ask.One(c.Root, name, ask.Call{
		Method: plugin.MethodSetup, Params: plugin.NetworkParams{ContainerID: q.ID, NetNS: q.NetNS},
	})
	if err != nil {
		return fail.New(fail.CodeHook, "%w", errors.Join(err, os.Remove(file)))
	}
	tellEvent(c, plugin.NetworkEventSetup, q.ID, "plugin", name)
	return nil
}

// downPlugin lets the plugin undo it, also when the namespace is gone.
func downPlugin(c *tool.Call, id string) error {
	file := pluginFile(c, id)
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var v viaPlugin
	if err := json.Unmarshal(b, &v); err != nil {
		return &fail.Error{Code: fail.CodeInput, Path: file, Cause: err}
	}
	err = ask.One(c.Root, v.Plugin, ask.Call{
		Method: plugin.MethodTeardown, Params: plugin.NetworkParams{ContainerID: id, NetNS: v.NetNS},
	})
	if err != nil {
		return fail.New(fail.CodeHook, "%w", err)
	}
	tellEvent(c, plugin.NetworkEventTeardown, id, "plugin", v.Plugin)
	return os.Remove(file)
}

// tellEvent writes what was done into the event log; pairs are keys and values.
func tellEvent(c *tool.Call, kind plugin.PluginEventType, id string, pairs ...string) {
	if err := event.Append(c.Root, event.New(string(kind), id, pairs...)); err != nil {
		c.Warnf("append to the event log: %v", err)
	}
}
