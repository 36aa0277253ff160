package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// image writes the bundle as an image: the layers it was made of, as the layout
// has them or packed again, and what the container changed.
func (p *packing) image(ctx context.Context, c *tool.Call, m *made, name string) error {
	if p.output == "-" {
		return fail.Usage("--image needs the directory of a layout, have stdout")
	}
	process, err := m.process()
	if err != nil {
		return err
	}
	out, err := image.Create(p.output)
	if err != nil {
		return err
	}
	defer out.Close()
	parts, err := m.parts()
	defer func() {
		for _, part := range parts {
			_ = unix.Close(part.fd)
		}
	}()
	if err != nil {
		return err
	}
	if m.Digest != "" && out.Base(image.Digest(m.Digest)) == nil {
		parts, err = keepLast(parts)
	}
	for _, part := range parts {
		if err == nil {
			err = p.add(ctx, c, out, part.write)
		}
	}
	if err != nil {
		return err
	}
	digest, err := out.Save(name, process)
	if err != nil {
		return err
	}
	return c.Print([]byte(string(digest) + "\n"))
}

// keepLast closes all parts but the last: the layout has them already.
func keepLast(parts []part) ([]part, error) {
	for _, p := range parts[:len(parts)-1] {
		if err := unix.Close(p.fd); err != nil {
			return nil, err
		}
	}
	return parts[len(parts)-1:], nil
}

func (p *packing) add(ctx context.Context, c *tool.Call, out *image.Layout, put func(*pack.Packer) error) error {
	compress := p.compress
	if compress == "none" {
		compress = "gzip" // what every reader knows
	}
	return out.Layer(compress, func(w io.Writer) (io.WriteCloser, error) { return packed(w, compress) }, func(w io.Writer) error {
		t := tar.NewWriter(w)
		k := pack.New(ctx, t)
		if err := put(k); err != nil {
			return err
		}
		for _, name := range k.Skipped {
			c.Warnf("the socket %s was left out, which no archive can hold", tar.Show(name))
		}
		return t.Close()
	})
}

// process is what the bundle's config.json says of it, as an image says it.
func (m *made) process() (image.Process, error) {
	var p image.Process
	text, err := os.ReadFile(filepath.Join(m.dir, "config.json"))
	if err != nil {
		return p, err
	}
	var s specs.Spec
	if err := json.Unmarshal(text, &s); err != nil {
		return p, fail.New(fail.CodeInput, "read config.json: %w", err)
	}
	if s.Process == nil {
		return p, nil
	}
	p.Env, p.Cmd, p.WorkingDir = s.Process.Env, s.Process.Args, s.Process.Cwd
	if u := s.Process.User; u.UID != 0 || u.GID != 0 {
		p.User = strconv.FormatUint(uint64(u.UID), 10) + ":" + strconv.FormatUint(uint64(u.GID), 10)
	}
	p.StopSignal = s.Annotations["org.opencontainers.image.stopSignal"]
	return p, nil
}
