package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/disk"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// kinds are the words of --type.
var kinds = []string{"auto", "dir", "archive", "image", "disk", viaPlugin}

// look finds out what the source is, as far as its beginning tells.
func (w *wish) look() {
	if w.kind != "auto" {
		return
	}
	w.kind, w.guessed = "archive", true
	switch w.source {
	case "tiny", "host":
		w.kind = w.source
		return
	case "-":
		return
	}
	info, err := os.Stat(w.source)
	switch {
	case err != nil:
	case info.IsDir():
		if w.kind = "dir"; image.Is(w.source) && !w.bind {
			w.kind = "image"
		}
	case info.Mode().IsRegular() || info.Mode()&os.ModeDevice != 0 && info.Mode()&os.ModeCharDevice == 0:
		f, err := os.OpenFile(w.source, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return
		}
		defer f.Close()
		if disk.Is(f) {
			w.kind = "disk"
		}
	}
}

// content opens the source. close gives it back.
func (w *wish) content(ctx context.Context, stage *bundle.Stage) (c *content, closing func(), err error) {
	c = &content{opt: w.tree, store: w.openStore, sealed: w.seal, meter: w.meter}
	none := func() {}
	switch w.kind {
	case "dir":
		c.dir = w.source
		return c, none, nil
	case "disk":
		c.disk, err = w.findDisk()
		return c, none, err
	case "image":
		if info, err := os.Stat(w.source); err == nil && info.IsDir() {
			closing, err = w.openImage(c, w.source)
			return c, closing, err
		}
	}
	return w.openArchive(ctx, c, stage)
}

func (w *wish) openImage(c *content, dir string) (func(), error) {
	files, err := image.OpenFiles(dir)
	if err != nil {
		return func() {}, err
	}
	choice := image.Choice{Name: w.image, Platform: image.Host()}
	if w.platform != "" {
		choice.Platform, err = image.ParsePlatform(w.platform)
	}
	if err == nil {
		c.image, err = image.Open(files, choice)
	}
	return files.Close, err
}

// openArchive begins to read, and takes an image out of its archive.
func (w *wish) openArchive(ctx context.Context, c *content, stage *bundle.Stage) (*content, func(), error) {
	src, none := os.Stdin, func() {}
	if w.source != "-" {
		// O_NONBLOCK: to wait for the writer of a fifo is the reader's part.
		f, err := os.OpenFile(w.source, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return nil, none, elsewhere(w.source, errors.Unwrap(err))
		}
		none = func() { _ = f.Close() }
		src = f
	}
	if w.size > 0 || w.driver != "auto" && w.driver != "copy" && w.driver != "loop" {
		c.sum = sha256.New()
	}
	a, err := fill.Open(ctx, src, c.sum)
	if err != nil {
		return nil, none, err
	}
	w.meter.Follow(src, a.InPlace())
	w.meter.Watch(a.Count)
	closing := func() {
		w.meter.Leave()
		a.Close()
		none()
	}
	if w.kind == "archive" && !(w.guessed && image.Archived(a.First())) {
		if w.image != "" || w.platform != "" {
			closing()
			return nil, func() {}, fail.Usage("have an archive of files, need an image for --image and --platform")
		}
		c.archive = a
		return c, closing, nil
	}
	defer closing()
	dir := stage.Path(".image")
	if err := w.spool(ctx, a, dir); err != nil {
		return nil, func() {}, err
	}
	c.sum, w.kind = nil, "image"
	files, err := w.openImage(c, dir)
	return c, func() {
		files()
		_ = os.RemoveAll(dir)
	}, err
}

// elsewhere explains a source that is not there under this name, but is under
// what skopeo, Podman and umoci call it.
func elsewhere(source string, err error) error {
	transport, rest, ok := strings.Cut(source, ":")
	if !ok || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	words := []string{source}
	if slices.Contains([]string{"oci", "oci-archive", "docker-archive", "dir"}, transport) {
		words = []string{rest, source}
	}
	for _, word := range words {
		name, tag, _ := strings.Cut(word, ":")
		if _, missing := os.Stat(name); name == "" || missing != nil {
			continue
		}
		hint := "there is " + name
		if tag != "" {
			hint += ", with --image " + tag
		}
		return &fail.Error{Cause: err, Hint: hint}
	}
	return err
}

// spool puts the files of an image archive into a directory, since they come
// in any order.
func (w *wish) spool(ctx context.Context, a *fill.Archive, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	t, err := tree.Open(ctx, dir, tree.Options{MaxBytes: w.tree.MaxBytes, MaxEntries: 10_000, NoDevices: true})
	if err != nil {
		return err
	}
	defer t.Close()
	if err := a.Into(t); err != nil {
		return err
	}
	return t.Finish()
}

// findDisk finds the file system in a disk.
func (w *wish) findDisk() (*bundle.Disk, error) {
	path, err := filepath.Abs(w.source)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, 2)
	if err != nil {
		return nil, fmt.Errorf("find the end of %s: %w", path, err)
	}
	p, err := disk.Find(f, size, w.partition)
	if err != nil {
		return nil, err
	}
	d := &bundle.Disk{Path: path, Offset: p.Offset, Length: p.Length, Type: p.Kind, Writable: w.writable}
	if w.verity == "" {
		return d, nil
	}
	root, hashes, ok := strings.Cut(w.verity, ":")
	if !ok || hashes == "" {
		return nil, fail.Usage("--verity: have %q, need ROOTHASH:FILE", w.verity)
	}
	if hashes, err = filepath.Abs(hashes); err == nil {
		hashes, err = filepath.EvalSymlinks(hashes)
	}
	d.Verity = &bundle.Verity{Root: root, Hash: hashes}
	return d, err
}

// advise names the option that lifts a limit.
func advise(err error) error {
	limit, ok := limited(err)
	if !ok {
		return err
	}
	return &fail.Error{Code: fail.CodeLimit, Cause: err, Hint: limit.Option + " changes that"}
}
