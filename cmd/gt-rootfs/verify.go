package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/archive"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func verify(o *tool.Options) func(c *tool.Call) error {
	w := &wish{kind: "auto", store: store.Default()}
	o.String(&w.image, "image", 0, "NAME", "of several images the one of this name, tag or digest")
	o.String(&w.platform, "platform", 0, "OS/ARCH", "of several platforms this one (the host's)")
	return func(c *tool.Call) error {
		w.source = c.Args[0]
		ctx, stop := cancellable()
		defer stop()
		err := w.verify(ctx, c)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		return nil
	}
}

func (w *wish) verify(ctx context.Context, c *tool.Call) error {
	if _, err := os.Lstat(filepath.Join(w.source, "rootfs")); err == nil {
		return verifyBundle(ctx, c, w.source)
	}
	if _, err := os.Stat(w.source); err != nil {
		return fail.New(fail.CodeNoSuch, "%w", err)
	}
	if w.look(); w.kind != "image" {
		return fail.New(fail.CodeInput, "%s has no digests, need a bundle or the directory of an image layout", w.source)
	}
	var src content
	closing, err := w.openImage(&src, w.source)
	defer closing()
	if err != nil {
		return err
	}
	for i := range src.image.Layers {
		if err := verifyLayer(ctx, &src.image.Layers[i]); err != nil {
			return err
		}
		if err := c.Print([]byte(string(src.image.Layers[i].DiffID) + " right\n")); err != nil {
			return err
		}
	}
	return nil
}

// verifyLayer reads a layer without unpacking it.
func verifyLayer(ctx context.Context, l *image.Layer) error {
	o, err := openLayer(ctx, l, nil, nil)
	if err != nil {
		return err
	}
	defer o.close()
	if err := drain(o.stream); err != nil {
		return fmt.Errorf("layer %s: %w", l.DiffID, err)
	}
	return l.DiffID.Compare(o.sum)
}

func drain(s *archive.Stream) error {
	for {
		if _, err := s.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// verifyBundle compares what a bundle is made of with the sums the store took
// when it was made.
func verifyBundle(ctx context.Context, c *tool.Call, name string) error {
	m, err := find(name)
	if err != nil {
		return err
	}
	if len(m.Keep) == 0 {
		return fail.New(fail.CodeStatus, "driver %s keeps nothing in the store, so there is no sum to compare with", m.Driver)
	}
	var errs []error
	for _, entry := range m.Keep {
		dir := filepath.Join(m.Store, entry)
		want, err := os.ReadFile(filepath.Join(dir, "sum"))
		if errors.Is(err, os.ErrNotExist) {
			err = fail.New(fail.CodeStatus, "no sum of %s was taken (unpack --seal takes it)", entry)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		have, err := sumOf(ctx, filepath.Join(dir, "fs"))
		switch {
		case err != nil:
		case have != strings.TrimSpace(string(want)):
			err = fail.New(fail.CodeUnsafe, "%s was changed: its sum is %s, need %s", entry, have, strings.TrimSpace(string(want)))
		default:
			err = c.Print([]byte(entry + " right\n"))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// sumOf is the digest of a file, or of the archive of a directory.
func sumOf(ctx context.Context, path string) (string, error) {
	sum := sha256.New()
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.IsDir() {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		_, err = io.Copy(sum, f)
		return string(image.Sum(sum)), err
	}
	fd, err := openDir(path)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	w := tar.NewWriter(sum)
	k := pack.New(ctx, w)
	k.Exact = true
	if err := errors.Join(k.Tree(fd), w.Close()); err != nil {
		return "", err
	}
	return string(image.Sum(sum)), nil
}

// seal takes the sum of a new entry of the store, if it is wanted.
func (c *content) seal(ctx context.Context, dir string) error {
	if !c.sealed {
		return nil
	}
	sum, err := sumOf(ctx, filepath.Join(dir, "fs"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "sum"), []byte(sum+"\n"), 0o600)
}
