package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func mount(*tool.Options) func(c *tool.Call) error {
	return func(c *tool.Call) error {
		return each(c, func(dir string) error {
			if err := mountBundle(dir); err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			return nil
		})
	}
}

func mountBundle(dir string) error {
	r, err := bundle.ReadRecord(dir)
	if err != nil {
		return err
	}
	if r != nil && r.Source == viaPlugin {
		return mountPlugin(dir, r)
	}
	if r == nil || r.Source != "host" && r.Driver == "" {
		return nil // nothing of this bundle's root is ever mounted
	}
	if r.Source != "host" {
		return driver.Mount(dir, r)
	}
	switch stands, err := bundle.Mounted(dir, r); {
	case err != nil:
		return err
	case stands:
		return nil
	}
	if err := unmountHost(dir, r); err != nil {
		return err
	}
	return mountHost(dir, r)
}

func umount(*tool.Options) func(c *tool.Call) error {
	return func(c *tool.Call) error {
		return each(c, func(dir string) error {
			r, err := bundle.ReadRecord(dir)
			if err == nil && r != nil {
				err = undo(dir, r)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			if r != nil && r.Held {
				c.Warnf("%s is still used: its quota stays until umount, rm or gc finds it free", dir)
			}
			return nil
		})
	}
}

// each works on the bundle that is named, or on those of the states on stdin.
// A hook may be late: a bundle that is gone has nothing mounted.
func each(c *tool.Call, do func(dir string) error) error {
	if len(c.Args) == 1 {
		if c.Args[0] == "" {
			return fail.Usage("the bundle has no name")
		}
		dir, err := filepath.Abs(c.Args[0])
		if err != nil {
			return err
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fail.New(fail.CodeNoSuch, "%s is not a directory, need a bundle", dir)
		}
		return do(dir)
	}
	return c.Each("", func(in tool.Input) ([]byte, error) {
		if !filepath.IsAbs(in.Bundle) {
			return nil, fail.New(fail.CodeInput, "stdin: have bundle %q, need an absolute path", in.Bundle)
		}
		if _, err := os.Stat(in.Bundle); errors.Is(err, fs.ErrNotExist) && c.Verb == "umount" {
			return tool.Merge(in.Raw, nil)
		}
		if err := do(in.Bundle); err != nil {
			return nil, err
		}
		return tool.Merge(in.Raw, nil)
	})
}
