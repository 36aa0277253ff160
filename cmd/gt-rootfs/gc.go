package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/verity"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func gc(o *tool.Options) func(c *tool.Call) error {
	dir := store.Default()
	o.String(&dir, "store", 0, "DIR", "where layers are kept")
	return func(c *tool.Call) error {
		var errs []error
		gone, err := store.Collect(dir)
		errs = append(errs, show(c, gone), err)
		gone, err = verity.Sweep()
		errs = append(errs, show(c, gone), err)
		errs = append(errs, release(c, dir))
		for _, dir := range c.Args {
			gone, err := bundle.Sweep(dir)
			errs = append(errs, show(c, gone))
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", dir, err))
			}
		}
		return errors.Join(errs...)
	}
}

func show(c *tool.Call, names []string) error {
	for _, name := range names {
		if err := c.Print([]byte(name + "\n")); err != nil {
			return err
		}
	}
	return nil
}

// release lifts the quotas that umount had to leave, of the bundles that use
// the store and of those in the named directories.
func release(c *tool.Call, dir string) error {
	var names []string
	s, err := store.Open(dir)
	if err != nil {
		return err
	}
	found, err := s.Bundles(false)
	s.Close()
	names = slices.AppendSeq(names, maps.Keys(found))
	for _, dir := range c.Args {
		abs, wrong := filepath.Abs(dir)
		below, _ := os.ReadDir(dir) // Sweep says what is wrong with it
		for _, e := range below {
			if e.IsDir() {
				names = append(names, filepath.Join(abs, e.Name()))
			}
		}
		err = errors.Join(err, wrong)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		r, wrong := bundle.ReadRecord(name)
		if wrong != nil || r == nil || !r.Held || r.Quota == 0 {
			continue // a directory is not ours because it is named
		}
		if wrong = driver.Unmount(name, r); wrong == nil && !r.Held {
			wrong = show(c, []string{filepath.Join(name, bundle.Upper) + " (its quota)"})
		}
		err = errors.Join(err, wrong)
	}
	return err
}
