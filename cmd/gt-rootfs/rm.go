package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func rm(*tool.Options) func(c *tool.Call) error {
	return func(c *tool.Call) error {
		var errs []error
		for _, name := range c.Args {
			if err := remove(name); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
		return errors.Join(errs...)
	}
}

// remove takes off what is mounted and removes the bundle. What is no bundle
// stays.
func remove(name string) error {
	m, err := find(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(m.dir, "config.json")); err != nil {
		return fail.New(fail.CodeInput, "it has no config.json, need a bundle")
	}
	if m.Source != "" {
		if err := undo(m.dir, m.Record); err != nil {
			return err
		}
		if m.Held {
			return fail.New(fail.CodeBusy, "something still writes to it, which its quota has to hold")
		}
	}
	var st unix.Statx_t
	err = unix.Statx(unix.AT_FDCWD, filepath.Join(m.dir, "rootfs"), unix.AT_SYMLINK_NOFOLLOW, 0, &st)
	if err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return fail.New(fail.CodeBusy, "something else is mounted on its rootfs")
	}
	// What is half removed must not be taken for a bundle: under this name gc
	// removes the rest, should we be killed.
	trash, err := bundle.Trash(m.dir)
	if err != nil { // it is a mount point, or its parent is not ours
		return os.RemoveAll(m.dir)
	}
	return os.RemoveAll(trash)
}
