package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/plugin/ask"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// viaPlugin is the kind of a root that a storage plugin provides.
const viaPlugin = "plugin"

// planPlugin stages a bundle whose root the plugin is still to mount. SOURCE is
// NAME/WHAT: the plugin, and what it calls the content.
func (w *wish) planPlugin(c *tool.Call, stage *bundle.Stage) error {
	name, what, ok := strings.Cut(w.source, "/")
	if !ok || name == "" || what == "" {
		return fail.Usage("have %q, need PLUGIN/SOURCE", w.source)
	}
	if any, err := ask.Any(c.Root); err != nil || !any {
		return errors.Join(err, fail.New(fail.CodeNoSuch, "plugin %s is not loaded", name))
	}
	if err := os.Mkdir(stage.Path("rootfs"), 0o755); err != nil {
		return err
	}
	return bundle.WriteRecord(stage.Dir, &bundle.Record{
		Source: viaPlugin, Mounts: []string{}, Plugin: &bundle.Plugin{Name: name, Source: what, Root: c.Root},
	})
}

// mountPlugin lets the plugin fill the root. The record says so before.
func mountPlugin(dir string, r *bundle.Record) error {
	if len(r.Mounts) > 0 {
		return nil
	}
	r.Mounts = []string{"rootfs"}
	if err := bundle.WriteRecord(dir, r); err != nil {
		return err
	}
	err := storage(r, plugin.MethodMount, plugin.MountParams{Source: r.Plugin.Source, Target: filepath.Join(dir, "rootfs")})
	if err != nil {
		r.Mounts = []string{}
		return errors.Join(err, bundle.WriteRecord(dir, r))
	}
	return note(r, plugin.StorageEventMounting, dir)
}

func unmountPlugin(dir string, r *bundle.Record) error {
	if len(r.Mounts) == 0 {
		return nil
	}
	if err := storage(r, plugin.MethodUnmount, plugin.UnmountParams{Target: filepath.Join(dir, "rootfs")}); err != nil {
		return err
	}
	r.Mounts = []string{}
	if err := os.Mkdir(filepath.Join(dir, "rootfs"), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return errors.Join(bundle.WriteRecord(dir, r), note(r, plugin.StorageEventUnmounting, dir))
}

// snapshotPlugin lets the plugin keep the root of a bundle; the new bundle's
// source is the snapshot, which has the new bundle's name.
func (w *wish) snapshotPlugin(m *made) error {
	err := storage(m.Record, plugin.MethodSnapshot, plugin.SnapshotParams{Source: filepath.Join(m.dir, "rootfs"), Snapshot: w.id})
	if err != nil {
		return err
	}
	w.source, w.from = m.Plugin.Name+"/"+w.id, nil
	return note(m.Record, plugin.StorageEventSnapshot, w.id)
}

func storage(r *bundle.Record, method string, params any) error {
	err := ask.One(r.Plugin.Root, r.Plugin.Name, ask.Call{Method: method, Params: params})
	if err != nil {
		return fail.New(fail.CodeHook, "%w", err)
	}
	return nil
}

func note(r *bundle.Record, kind plugin.PluginEventType, dir string) error {
	return event.Append(r.Plugin.Root, event.New(string(kind), filepath.Base(dir), "plugin", r.Plugin.Name))
}
