package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/archive"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func snapshot(o *tool.Options) func(c *tool.Call) error {
	w := &wish{mode: 0o700, driver: "copy", store: store.Default()}
	o.String(&w.id, "id", 0, "ID", "the ID in the state (the bundle's name)")
	o.String(&w.store, "store", 0, "DIR", "where layers are kept")
	return func(c *tool.Call) error {
		w.source, w.bundle = c.Args[0], c.Args[1]
		m, err := find(w.source)
		if err == nil {
			w.kind = m.Source
			if m.Source == "host" {
				err = fail.New(fail.CodeUsage, "the root is this machine's own, which has no snapshot")
			}
		}
		if err == nil {
			err = w.name()
		}
		if err != nil {
			return err
		}
		defer w.close()
		ctx, stop := cancellable()
		defer stop()
		w.from = m
		if m.Source == viaPlugin {
			if err := w.snapshotPlugin(m); err != nil {
				return fmt.Errorf("%s: %w", m.dir, err)
			}
		}
		return w.do(ctx, c)
	}
}

// again makes a bundle with the root of another one as it is now.
func (w *wish) again(ctx context.Context, j job) error {
	m := w.from
	text, err := os.ReadFile(filepath.Join(m.dir, "config.json"))
	if err != nil {
		return err
	}
	*j.spec = specs.Spec{}
	if err := json.Unmarshal(text, j.spec); err != nil {
		return fail.New(fail.CodeInput, "read %s/config.json: %w", m.dir, err)
	}
	r := *m.Record
	r.Mounts, r.Quota = []string{}, 0
	defer unix.Umask(unix.Umask(0))
	d := &driver.Job{Stage: j.stage, Record: &r}
	r.Keep = slices.Clone(m.Keep)
	upper, below, err := m.upper()
	if err == nil {
		defer unix.Close(upper)
		_ = unix.Close(below)
		key, err := w.freeze(ctx, upper)
		if err != nil {
			return err
		}
		r.Keep = append(r.Keep, store.Name(store.Layers, key))
		r.Lower = append([]string{w.open.Path(store.Layers, key)}, m.Lower...)
		if err := driver.Again(d); err != nil {
			return err
		}
		return w.record(j.stage, &r)
	}
	root, err := m.root()
	if err != nil {
		return err
	}
	defer unix.Close(root)
	if r.Driver == "btrfs" && driver.Snapshot(filepath.Join(m.dir, "rootfs"), j.stage.Path("rootfs")) == nil {
		return w.record(j.stage, &r)
	}
	way, err := driver.Find(r.Driver)
	if err != nil || r.Driver != "loop" {
		way, err = driver.Find("copy")
	}
	d.Content = &content{dir: filepath.Join(m.dir, "rootfs"), store: w.openStore}
	if err == nil {
		err = way.Make(ctx, d)
	}
	if err == nil {
		err = w.record(j.stage, &r)
	}
	return err
}

// freeze turns a writable layer into one of the store.
func (w *wish) freeze(ctx context.Context, upper int) (string, error) {
	s, err := w.openStore()
	if err != nil {
		return "", err
	}
	return s.Put(store.Layers, func(dir string) (string, error) {
		r, out, err := os.Pipe()
		if err != nil {
			return "", err
		}
		defer r.Close()
		packed := make(chan error, 1)
		go func() {
			t := tar.NewWriter(out)
			err := pack.New(ctx, t).Layer(upper)
			if err == nil {
				err = t.Close()
			}
			packed <- errors.Join(err, out.Close())
		}()
		sum := sha256.New()
		err = os.Mkdir(filepath.Join(dir, "fs"), 0o755)
		if err == nil {
			err = w.frozen(ctx, filepath.Join(dir, "fs"), r, sum)
		}
		_ = r.Close() // ends a writer that is still at it
		if bad := <-packed; err == nil || errors.Is(err, io.EOF) {
			err = errors.Join(err, bad)
		}
		return key(image.Sum(sum)), err
	})
}

func (w *wish) frozen(ctx context.Context, dir string, r io.Reader, sum hash.Hash) error {
	s, err := archive.Summed(ctx, r, sum, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	t, err := tree.Open(ctx, dir, tree.Options{Form: tree.Overlay, User: w.tree.User})
	if err != nil {
		return err
	}
	defer t.Close()
	if err := fill.Layer(t, s); err != nil {
		return err
	}
	return t.Finish()
}
