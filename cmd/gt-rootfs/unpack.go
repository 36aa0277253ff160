package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/progress"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// wish is the command line of unpack.
type wish struct {
	source, bundle string
	id, cwd        string
	mode           os.FileMode
	bind           bool
	tree           tree.Options

	open            *store.Store // once it is needed
	from            *made        // the bundle that snapshot takes
	driver, kind    string
	guessed         bool // kind is what the source looks like
	image, platform string
	partition       string
	writable, seal  bool
	verity          string
	size            int64
	store           string
	progress        string
	meter           *progress.Meter
	maps, volumes   []string
}

func unpack(o *tool.Options) func(c *tool.Call) error {
	w := &wish{
		mode: 0o700, driver: "auto", kind: "auto", progress: progress.Auto, store: store.Default(), tree: tree.Options{MaxBytes: 64 << 30, MaxEntries: 10_000_000},
	}
	o.String(&w.id, "id", 0, "ID", "the ID in the state (the bundle's name)")
	o.Func(w.setMode, "mode", 0, "MODE", "permissions of a new bundle (0700)")
	o.Bool(&w.bind, "bind", 0, "use the directory in place")
	o.Bool(&w.tree.NoDevices, "no-devices", 0, "leave device nodes out")
	o.Func(setSize(&w.tree.MaxBytes), "max-size", 0, "SIZE", "bytes of file content at most, 0 without bound (64g)")
	o.Int64(&w.tree.MaxEntries, "max-entries", 0, "N", "files at most, 0 without bound")
	o.Enum(&w.driver, "driver", 0, driver.Names(), "how the root is kept (auto)")
	o.Enum(&w.kind, "type", 0, kinds, "what SOURCE is (auto)")
	o.String(&w.image, "image", 0, "NAME", "of several images the one of this name, tag or digest")
	o.String(&w.platform, "platform", 0, "OS/ARCH", "of several platforms this one (the host's)")
	o.String(&w.partition, "partition", 0, "WHICH", "of a disk: number, label or type")
	o.Bool(&w.writable, "writable", 0, "let the container write to the disk itself")
	o.String(&w.verity, "verity", 0, "ROOTHASH:FILE", "of a disk: what dm-verity holds it to")
	o.Func(setSize(&w.size), "size", 0, "SIZE", "bytes the container may write")
	o.Bool(&w.seal, "seal", 0, "take sums of what goes into the store")
	o.Strings(&w.maps, "map", 0, "C:H:N", "container ids from C on are N of the host from H on")
	o.Strings(&w.volumes, "volume", 'v', "SOURCE:DEST", "a volume for the container")
	o.String(&w.store, "store", 0, "DIR", "where layers are kept")
	o.Enum(&w.progress, "progress", 0, []string{progress.Auto, progress.Plain, progress.JSON, progress.None}, "how far it is, on stderr (auto)")
	o.String(&w.cwd, "cwd", 0, "DIR", "with host: the current directory")
	return func(c *tool.Call) error {
		w.source, w.bundle = c.Args[0], c.Args[1]
		if err := w.check(); err != nil {
			return err
		}
		defer w.close()
		lean()
		// A signal ends the work, and what was done is undone.
		ctx, stop := cancellable()
		defer stop()
		w.meter = progress.Start(w.progress, filepath.Base(w.source), c.Stderr)
		defer w.meter.Stop()
		return w.do(ctx, c)
	}
}

// lean makes the collector work before 64 MB are reached, which is what unpack
// takes at most: windows, chunks and what is ours beside the heap stay below.
func lean() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(52 << 20)
	}
}

func (w *wish) setMode(text string) error {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil || n > 0o777 {
		return fmt.Errorf("have %q, need an octal number up to 0777", text)
	}
	w.mode = os.FileMode(n)
	return nil
}

func setSize(v *int64) func(string) error {
	return func(text string) (err error) {
		*v, err = size(text)
		return err
	}
}

// size reads 123, 64k, 500m, 2g or 1t, in powers of 1024.
func size(text string) (int64, error) {
	shift, digits := 0, text
	if n := len(text); n > 0 {
		for i, unit := range "kmgt" {
			if text[n-1]|0x20 == byte(unit) {
				shift, digits = 10*(i+1), text[:n-1]
			}
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > 1<<62>>shift {
		return 0, fmt.Errorf("have %q, need a size such as 500m or 2g", text)
	}
	return n << shift, nil
}

// do makes the bundle and prints its state, in one go: without the state on
// stdout there is no bundle.
func (w *wish) do(ctx context.Context, c *tool.Call) error {
	stage, err := bundle.Begin(w.bundle)
	if err != nil {
		return err
	}
	line, err := bundle.State(w.id, stage.Bundle)
	if err == nil {
		err = w.fill(ctx, c, stage)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil { // from here on a signal comes too late
		err = stage.Commit()
	}
	if err != nil {
		return and(err, stage.Undo())
	}
	if err := w.mountRoot(stage); err != nil {
		return err
	}
	w.meter.Stop()
	if err := c.Print(append(line, '\n')); err != nil {
		return and(err, w.retract(stage))
	}
	return nil
}

// and adds what went wrong when a failure was tidied up; usually nothing, and
// then the failure keeps its code.
func and(err, more error) error {
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}

func (w *wish) fill(ctx context.Context, c *tool.Call, stage *bundle.Stage) error {
	spec, err := stage.Spec()
	if err != nil {
		return err
	}
	switch {
	case w.from != nil:
		err = w.again(ctx, job{stage, spec})
	case w.kind == "host":
		err = w.planHost(c, stage, spec)
	case w.kind == viaPlugin:
		err = w.planPlugin(c, stage)
	case w.kind == "tiny":
		if err = os.Mkdir(stage.Path("rootfs"), 0o755); err == nil {
			err = tiny(ctx, stage.Path("rootfs"))
		}
	default:
		err = w.root(ctx, c, job{stage, spec})
	}
	if err == nil && !stage.Has("config.json") {
		err = stage.Write("config.json", spec)
	}
	if err == nil {
		err = stage.Chmod(w.mode)
	}
	return err
}
