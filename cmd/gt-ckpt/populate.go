package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// populate lays images that restore faster over those that are there, for this
// restore alone: it has a mount namespace of its own. Lazy pages are to come
// later.
func (v *revival) populate(at, images string) error {
	if v.lazy {
		return nil
	}
	changed, err := image.Populate(images)
	if err != nil || len(changed) == 0 {
		return err
	}
	dir := filepath.Join(at, "memory")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for name, text := range changed {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	if err := v.cede(dir); err != nil {
		return err
	}
	for name := range changed {
		if err := unix.Mount(filepath.Join(dir, name), filepath.Join(images, name), "", unix.MS_BIND, ""); err != nil {
			return &fail.Error{Op: "bind " + name, Cause: err}
		}
	}
	return nil
}
