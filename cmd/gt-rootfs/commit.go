package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func commit(o *tool.Options) func(c *tool.Call) error {
	p := &packing{}
	p.options(o)
	name, deleted := "", ""
	o.String(&name, "image", 0, "NAME", "TARGET is an image layout, in which the image gets this name")
	o.String(&deleted, "deleted", 0, "FILE", "name the deletions in FILE, a JSON list, and not in the layer")
	return func(c *tool.Call) error {
		if name != "" && deleted != "" {
			return fail.Usage("--deleted is for a layer by itself, need no --image")
		}
		m, err := find(c.Args[0])
		if err != nil {
			return err
		}
		ctx, stop := cancellable()
		defer stop()
		if len(c.Args) == 2 {
			p.output = c.Args[1]
		}
		switch {
		case name != "":
			err = p.image(ctx, c, m, name)
		case deleted != "":
			err = p.apart(ctx, c, m, deleted)
		default:
			err = p.layer(ctx, c, m)
		}
		return err
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

// apart writes what the container changed, and what it deleted as a list of its
// own, as Podman and CRI-O have them in a checkpoint.
func (p *packing) apart(ctx context.Context, c *tool.Call, m *made, deleted string) error {
	list, err := m.changes()
	if err != nil {
		return err
	}
	gone := []string{}
	for _, change := range list {
		if change.Kind == "deleted" {
			gone = append(gone, change.Path)
		}
	}
	text, err := json.Marshal(gone)
	if err != nil {
		return err
	}
	if err := os.WriteFile(deleted, text, 0o600); err != nil {
		return err
	}
	return p.write(ctx, c, func(k *pack.Packer) error {
		if m.Source == "host" {
			return m.views(func(p host.Part, upper, _ int) error { return k.Upper(upper, strings.TrimPrefix(p.Path, "/")) })
		}
		upper, below, err := m.upper()
		if err != nil {
			return err
		}
		defer unix.Close(upper)
		_ = unix.Close(below)
		return k.Upper(upper, "")
	})
}

// parts are the directories that become layers, the lowest first.
func (m *made) parts() ([]part, error) {
	var list []part
	add := func(fd int, err error, layer bool) error {
		if err == nil {
			list = append(list, part{fd: fd, layer: layer})
		}
		return err
	}
	upper, below, err := m.upper()
	if err != nil { // a root of its own
		fd, err := m.root()
		return []part{{fd: fd, back: m.back()}}, err
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
	back  func(uid, gid uint32) (uint32, uint32, error) // where it is seen through a map
}

func (p part) write(k *pack.Packer) error {
	k.Back = p.back
	if p.layer {
		return k.Layer(p.fd)
	}
	return k.Tree(p.fd)
}
