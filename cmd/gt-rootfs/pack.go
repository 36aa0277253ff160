package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// packing is the command line of pack and commit.
type packing struct {
	output, compress string
}

func (p *packing) options(o *tool.Options) {
	p.output, p.compress = "-", "none"
	o.Enum(&p.compress, "compress", 0, compressions, "how the archive is compressed")
}

func packVerb(o *tool.Options) func(c *tool.Call) error {
	p := &packing{}
	p.options(o)
	return func(c *tool.Call) error {
		if len(c.Args) == 2 {
			p.output = c.Args[1]
		}
		ctx, stop := cancellable()
		defer stop()
		root, m, err := sourceRoot(c.Args[0])
		if err != nil {
			return fmt.Errorf("%s: %w", c.Args[0], err)
		}
		defer unix.Close(root)
		return p.write(ctx, c, func(k *pack.Packer) error {
			k.Back = m.back()
			return k.Tree(root)
		})
	}
}

// cancellable is a context that a signal ends.
func cancellable() (context.Context, func()) {
	return signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
}

// sourceRoot opens the root of a bundle, or a directory that is none.
func sourceRoot(name string) (int, *made, error) {
	if _, err := os.Lstat(filepath.Join(name, "config.json")); err == nil {
		m, err := find(name)
		if err != nil {
			return -1, nil, err
		}
		fd, err := m.root()
		return fd, m, err
	}
	dir, err := filepath.EvalSymlinks(name)
	if err != nil {
		return -1, nil, err
	}
	fd, err := openDir(dir)
	return fd, &made{dir: dir, Record: &bundle.Record{}}, err
}

// write makes the archive.
func (p *packing) write(ctx context.Context, c *tool.Call, put func(*pack.Packer) error) error {
	out, err := begin(c, p.output, p.compress)
	if err != nil {
		return err
	}
	w := tar.NewWriter(out)
	k := pack.New(ctx, w)
	if err = put(k); err == nil {
		err = w.Close()
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	for _, name := range k.Skipped {
		c.Warnf("the socket %s was left out, which no archive can hold", tar.Show(name))
	}
	return out.end(err)
}
