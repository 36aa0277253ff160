package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/progress"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// A content is what a source holds, for the drivers to take. Exactly one of its
// sources is set.
type content struct {
	dir     string        // a directory
	archive *fill.Archive // an archive that was begun
	sum     hash.Hash     // of its plain content, if a store is to have it
	image   *image.Image
	disk    *bundle.Disk

	opt     tree.Options
	sealed  bool // take sums of what goes into the store
	meter   *progress.Meter
	once    string       // the key of what has no digest
	skipped atomic.Int64 // devices that were left out
	rounded atomic.Int64 // files whose times are kept without their fractions
	keep    []string     // what is used of the store
	store   func() (*store.Store, error)
}

var _ driver.Content = (*content)(nil)

// Fill puts everything into an empty directory.
func (c *content) Fill(ctx context.Context, dir string) error {
	opt := c.opt
	if c.image != nil {
		opt.Form = tree.Flat
	}
	_, err := c.into(ctx, dir, opt, c.everything)
	return err
}

// into fills a directory and finishes it.
func (c *content) into(ctx context.Context, dir string, opt tree.Options, put func(context.Context, *tree.Tree) error) (tree.Beneath, error) {
	t, err := tree.Open(ctx, dir, opt)
	if err != nil {
		return tree.Beneath{}, err
	}
	defer t.Close()
	if err := put(ctx, t); err != nil {
		return tree.Beneath{}, err
	}
	if err := t.Finish(); err != nil {
		return tree.Beneath{}, err
	}
	c.skipped.Add(int64(t.Skipped))
	c.rounded.Add(t.Rounded.Load())
	return t.Beneath(), nil
}

func (c *content) everything(ctx context.Context, t *tree.Tree) error {
	switch {
	case c.archive != nil:
		return c.archive.Into(t)
	case c.image != nil:
		return c.flat(ctx, t)
	case c.disk != nil:
		fd, err := driver.Disk("", c.disk)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return fill.DirAt(t, fd)
	}
	return fill.Dir(t, c.dir)
}

// Lower gives read-only directories.
func (c *content) Lower(ctx context.Context) ([]string, error) {
	switch {
	case c.dir != "":
		abs, err := filepath.Abs(c.dir)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		return []string{abs}, err
	case c.image != nil:
		return c.layers(ctx)
	}
	dir, err := c.whole(ctx, store.Layers, os.Mkdir)
	return []string{dir}, err
}

// Base gives one directory of the store.
func (c *content) Base(ctx context.Context, subvolume bool) (string, error) {
	if !subvolume {
		return c.whole(ctx, store.Bases, os.Mkdir)
	}
	return c.whole(ctx, store.Bases, func(dir string, _ os.FileMode) error { return driver.Subvolume(dir) })
}

// Image gives an erofs of the store.
func (c *content) Image(ctx context.Context) (string, error) {
	base, err := c.whole(ctx, store.Bases, os.Mkdir)
	if err != nil {
		return "", err
	}
	s, err := c.store()
	if err != nil {
		return "", err
	}
	key := filepath.Base(filepath.Dir(base))
	if !s.Has(store.Images, key) {
		_, err = s.Put(store.Images, func(dir string) (string, error) {
			file := filepath.Join(dir, "fs")
			if err := driver.Erofs(ctx, base, file); err != nil {
				return "", err
			}
			if _, err := driver.Sealed(file); err != nil {
				return "", err
			}
			return key, c.seal(ctx, dir)
		})
	}
	// The directory was a step on the way only.
	c.keep = []string{store.Name(store.Images, key)}
	return s.Path(store.Images, key), err
}

// whole puts everything into one directory of the store, unless it is there.
func (c *content) whole(ctx context.Context, kind string, mkdir func(string, os.FileMode) error) (string, error) {
	s, err := c.store()
	if err != nil {
		return "", err
	}
	key := c.key()
	if key == "" || !s.Has(kind, key) {
		key, err = s.Put(kind, func(dir string) (string, error) {
			fs := filepath.Join(dir, "fs")
			if err := mkdir(fs, 0o755); err != nil {
				return "", err
			}
			if err := c.Fill(ctx, fs); err != nil {
				return "", err
			}
			return c.key(), c.seal(ctx, dir)
		})
	}
	if err != nil {
		return "", err
	}
	c.keep = append(c.keep, store.Name(kind, key))
	return s.Path(kind, key), nil
}

// key names the content in the store: an archive by its digest once it was
// read, an image by the chain of its layers, and what has no digest by chance.
func (c *content) key() string {
	switch {
	case c.image != nil:
		return "chain-" + chain(c.image.Layers)
	case c.sum != nil && c.archive != nil:
		if !c.archive.Done {
			return ""
		}
		return key(image.Sum(c.sum))
	}
	if c.once == "" {
		c.once = "once-" + rand.Text()
	}
	return c.once
}

func key(d image.Digest) string { return strings.Replace(string(d), ":", "-", 1) }

// chain names a list of layers (image-spec, config.md, "Layer ChainID").
func chain(list []image.Layer) string {
	sum := sha256.New()
	for _, l := range list {
		_, _ = io.WriteString(sum, string(l.DiffID)+" ")
	}
	return image.Sum(sum).Hex()
}

// limited tells a bound that was met apart from other failures.
func limited(err error) (*tree.LimitError, bool) {
	var limit *tree.LimitError
	return limit, errors.As(err, &limit)
}
