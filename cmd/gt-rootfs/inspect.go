package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/disk"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A portrait is what inspect says of a source.
type portrait struct {
	Kind       string           `json:"kind"`
	Filesystem string           `json:"filesystem,omitempty"`
	Label      string           `json:"label,omitempty"`
	Partitions []disk.Partition `json:"partitions,omitempty"`
	Name       string           `json:"name,omitempty"`
	Digest     image.Digest     `json:"digest,omitempty"`
	Config     *image.Config    `json:"config,omitempty"`
	Layers     []image.Layer    `json:"layers,omitempty"`
}

func inspect(o *tool.Options) func(c *tool.Call) error {
	w := &wish{kind: "auto"}
	o.String(&w.image, "image", 0, "NAME", "of several images the one of this name, tag or digest")
	o.String(&w.platform, "platform", 0, "OS/ARCH", "of several platforms this one (the host's)")
	return func(c *tool.Call) error {
		w.source = c.Args[0]
		value, err := w.inspect()
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return err
		}
		return c.Print(append(text, '\n'))
	}
}

func (w *wish) inspect() (any, error) {
	if _, err := os.Lstat(filepath.Join(w.source, "rootfs")); err == nil {
		m, err := find(w.source)
		if err != nil {
			return nil, err
		}
		stands, err := mounted(m.dir, m.Record)
		return row{m.dir, stands, m.Record}, err
	}
	if _, err := os.Stat(w.source); err != nil && w.source != "-" {
		return nil, elsewhere(w.source, fail.New(fail.CodeNoSuch, "%w", err))
	}
	w.look()
	if (w.image != "" || w.platform != "") && w.kind != "image" {
		return nil, fail.Usage("--image and --platform need the directory of an image, have %s", w.source)
	}
	p := &portrait{Kind: w.kind}
	switch w.kind {
	case "archive":
		kind, err := w.archived()
		p.Kind = kind
		return p, err
	case "disk":
		f, err := os.Open(w.source)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		size, err := f.Seek(0, 2)
		if err != nil {
			return nil, err
		}
		if p.Filesystem, p.Label = disk.Kind(f, 0); p.Filesystem == "" {
			p.Partitions, err = disk.Table(f, size)
		}
		return p, err
	case "image":
		var c content
		closing, err := w.openImage(&c, w.source)
		defer closing()
		if err != nil {
			return nil, err
		}
		p.Name, p.Digest, p.Config, p.Layers = c.image.Name, c.image.Digest, &c.image.Config, c.image.Layers
	}
	return p, nil
}

// archived looks at the beginning of an archive: of files, or of an image.
func (w *wish) archived() (string, error) {
	src := os.Stdin
	if w.source != "-" {
		f, err := os.OpenFile(w.source, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return "", err
		}
		defer f.Close()
		src = f
	}
	ctx, stop := cancellable()
	defer stop()
	a, err := fill.Open(ctx, src, nil)
	if err != nil {
		return "", err
	}
	defer a.Close()
	if image.Archived(a.First()) {
		return "image", nil
	}
	return "archive", nil
}
