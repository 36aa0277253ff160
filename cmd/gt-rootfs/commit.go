package main

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func commit(o *tool.Options) func(c *tool.Call) error {
	p := &packing{}
	p.options(o)
	name := ""
	o.String(&name, "image", 0, "NAME", "TARGET is an image layout, in which the image gets this name")
	return func(c *tool.Call) error {
		m, err := find(c.Args[0])
		if err != nil {
			return err
		}
		ctx, stop := cancellable()
		defer stop()
		if len(c.Args) == 2 {
			p.output = c.Args[1]
		}
		if name == "" {
			err = p.layer(ctx, c, m)
		} else {
			err = p.image(ctx, c, m, name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.Args[0], err)
		}
		return nil
	}
}

// layer writes what the container changed as one layer.
func (p *packing) layer(ctx context.Context, c *tool.Call, m *made) error {
	upper, below, err := m.upper()
	if err != nil {
		return err
	}
	defer unix.Close(upper)
	_ = unix.Close(below)
	return p.write(ctx, c, func(k *pack.Packer) error { return k.Layer(upper) })
}

// parts are the directories that become layers, the lowest first.
func (m *made) parts() ([]part, error) {
	var list []part
	add := func(fd int, err error, layer bool) error {
		if err == nil {
			list = append(list, part{fd, layer})
		}
		return err
	}
	upper, below, err := m.upper()
	if err != nil { // a root of its own
		fd, err := m.root()
		return list, add(fd, err, false)
	}
	_ = unix.Close(below)
	if m.Disk != nil {
		fd, err := openDir(filepath.Join(m.dir, ".lower"))
		if err := add(fd, err, false); err != nil {
			return nil, err
		}
	}
	for i := range m.Lower {
		fd, err := openDir(m.Lower[len(m.Lower)-1-i])
		if err := add(fd, err, m.Source != "dir"); err != nil {
			return nil, err
		}
	}
	return list, add(upper, nil, true)
}

// A part is a directory that becomes a layer: as an overlay has it, or all of
// it.
type part struct {
	fd    int
	layer bool
}

func (p part) write(k *pack.Packer) error {
	if p.layer {
		return k.Layer(p.fd)
	}
	return k.Tree(p.fd)
}
