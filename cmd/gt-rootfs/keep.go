package main

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/settle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// keep does on the host what the container of a host bundle did to its view.
func keep(*tool.Options) func(c *tool.Call) error {
	return func(c *tool.Call) error {
		m, err := find(c.Args[0])
		if err != nil {
			return err
		}
		if m.Source != "host" {
			return fail.New(fail.CodeStatus, "%s: the root is not the host's, need gt-rootfs commit", c.Args[0])
		}
		k := &settle.Keeper{}
		err = m.views(func(p host.Part, upper, below int) error {
			if err := k.Keep(upper, below); err != nil {
				return fmt.Errorf("keep changes of %s: %w", p.Path, err)
			}
			return nil
		})
		for _, name := range k.Skipped {
			c.Warnf("the socket %s was left out", tar.Show(name))
		}
		return err
	}
}

// views opens, one after the other, the directories of the host that a bundle
// shows, and what was written to each.
func (m *made) views(do func(p host.Part, upper, below int) error) error {
	if len(m.Parts) == 0 {
		return fail.New(fail.CodeStatus, "%s is not mounted, need gt-rootfs mount", m.dir)
	}
	one := func(p host.Part) error {
		upper, err := openDir(filepath.Join(m.dir, p.Layer))
		if err != nil {
			return err
		}
		defer unix.Close(upper)
		below, err := openDir(p.Path)
		if err != nil {
			return err
		}
		defer unix.Close(below)
		return do(p, upper, below)
	}
	for _, p := range m.Parts {
		if err := one(p); err != nil {
			return err
		}
	}
	return nil
}
