package main

import (
	"context"
	"errors"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A job is the bundle in the making.
type job struct {
	stage *bundle.Stage
	spec  *specs.Spec
}

// root puts the root filesystem into the stage.
func (w *wish) root(ctx context.Context, c *tool.Call, j job) error {
	if w.bind {
		return w.inPlace(j)
	}
	src, closing, err := w.content(ctx, j.stage)
	defer closing()
	if err != nil {
		return err
	}
	// Modes are given exactly, in the call that makes the file.
	defer unix.Umask(unix.Umask(0))
	r := &bundle.Record{Source: w.kind, Size: w.size, Mounts: []string{}, Disk: src.disk}
	if r.Map, err = w.ids(); err != nil {
		return err
	}
	if err := w.make(ctx, &driver.Job{Stage: j.stage, Record: r, Content: src}); err != nil {
		return advise(err)
	}
	c.Debugf("driver %s: %s", r.Driver, r.Why)
	if n := src.skipped.Load(); n > 0 {
		c.Warnf("%d device nodes were left out", n)
	}
	rounded(c, src.rounded.Load())
	r.Keep = src.keep
	if err := w.describe(j, src, r); err != nil {
		return err
	}
	return w.record(j.stage, r)
}

// rounded tells of n files whose times could not be kept exactly.
func rounded(c *tool.Call, n int64) {
	if n > 0 {
		c.Warnf("%d entries have times whose fractions of a second the file system does not keep", n)
	}
}

// make lets the driver work. When auto took one for which the image's layers
// are not independent enough, it is a copy.
func (w *wish) make(ctx context.Context, j *driver.Job) error {
	d, err := w.pick(j.Record)
	if err != nil {
		return err
	}
	if w.seal && (d.Name() == "copy" || d.Name() == "loop") {
		return fail.Usage("--seal: driver %s keeps nothing in the store, need another --driver", d.Name())
	}
	err = d.Make(ctx, j)
	if !errors.Is(err, tree.ErrBelow) {
		return err
	}
	if w.driver != "auto" || w.size > 0 || w.seal {
		return &fail.Error{Code: fail.CodeInput, Cause: err, Hint: "--driver copy puts all layers into one directory"}
	}
	if d, err = driver.Find("copy"); err != nil {
		return err
	}
	j.Record.Driver, j.Record.Why, j.Record.Lower = "copy", "a layer builds on files of a lower one", nil
	return d.Make(ctx, j)
}

// pick takes the driver. An image is shared, where that works; all else is a
// copy of the bundle's own, so that nothing has to be mounted.
func (w *wish) pick(r *bundle.Record) (driver.Driver, error) {
	r.Driver, r.Why = w.driver, "asked for"
	var names []string
	switch {
	case w.driver != "auto":
		names = []string{w.driver}
	case w.kind == "disk" && w.writable:
		r.Driver, r.Why = "overlay", "the disk is the root itself"
		return driver.Find("overlay")
	case w.size == 0 && w.without():
		r.Driver, r.Why = "copy", "who is not root mounts nothing that others see"
		return driver.Find("copy")
	case w.size > 0 && w.tree.User: // neither quotas nor loop devices
		names = []string{"tmpfs"}
	case w.size > 0, w.kind == "disk":
		names = []string{"overlay", "loop", "tmpfs"}
	case w.kind == "image":
		names = []string{"overlay", "btrfs", "reflink", "copy"}
	default:
		r.Driver, r.Why = "copy", "nothing of it is shared with others"
		return driver.Find("copy")
	}
	dir, err := filepath.Abs(w.where())
	if err != nil {
		return nil, err
	}
	d, why, err := driver.Pick(dir, names...)
	if err != nil {
		return nil, err
	}
	if r.Driver = d.Name(); w.driver == "auto" {
		r.Why = why
	}
	return d, nil
}

// without tells whether mounting is out of reach: not for the root of a user
// namespace who has a mount namespace too.
func (w *wish) without() bool {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err == unix.EPERM
	}
	_ = unix.Close(fs)
	return false
}

// describe makes the spec say what is known of the root.
func (w *wish) describe(j job, src *content, r *bundle.Record) error {
	if r.Map != nil {
		ns := j.spec.Linux.Namespaces
		j.spec.Linux.Namespaces = append(ns, specs.LinuxNamespace{Type: specs.UserNamespace})
		j.spec.Linux.UIDMappings, j.spec.Linux.GIDMappings = r.Map.UID, r.Map.GID
	}
	for _, text := range w.volumes {
		if err := w.attach(j, r, text); err != nil {
			return err
		}
	}
	if src.image == nil {
		return nil
	}
	r.Digest = string(src.image.Digest)
	if j.stage.Has("config.json") {
		return nil
	}
	view, err := driver.View(j.stage.Dir, r)
	if err != nil {
		return err
	}
	defer unix.Close(view)
	return src.image.Config.Apply(j.spec, view)
}

// record says what is to be mounted, and undone. A plain copy needs no word.
func (w *wish) record(stage *bundle.Stage, r *bundle.Record) error {
	if r.Driver == "copy" && r.Map == nil && r.Source != "image" && len(r.Keep) == 0 {
		return nil
	}
	if w.open != nil {
		r.Store = w.open.Dir
		if err := w.open.Register(stage.Bundle); err != nil {
			return err
		}
	}
	return bundle.WriteRecord(stage.Dir, r)
}

func (w *wish) inPlace(j job) error {
	if j.stage.Has("config.json") {
		return fail.New(fail.CodeExists, "%s has a config.json, --bind writes its own", w.bundle)
	}
	abs, err := filepath.Abs(w.source)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	j.spec.Root.Path = abs
	return err
}

// mountRoot mounts the root of a bundle that is there already; if that goes
// wrong, the bundle goes again.
func (w *wish) mountRoot(stage *bundle.Stage) error {
	if err := mountBundle(stage.Bundle); err != nil {
		return and(err, w.retract(stage))
	}
	return nil
}

// retract removes a bundle that was committed.
func (w *wish) retract(stage *bundle.Stage) error {
	r, err := bundle.ReadRecord(stage.Bundle)
	if err == nil && r != nil {
		err = undo(stage.Bundle, r)
	}
	if err != nil {
		return err
	}
	return stage.Retract()
}

// undo takes off what is mounted.
func undo(dir string, r *bundle.Record) error {
	if r.Source == "host" {
		return unmountHost(dir, r)
	}
	if r.Source == viaPlugin {
		return unmountPlugin(dir, r)
	}
	return driver.Unmount(dir, r)
}
