package verb

import (
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// boot mounts the roots of the bundles that have a monitor's settings, and lets
// gt-mon start what policies say.
func boot(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		dir, err := bundle.Dir()
		if err != nil {
			return err
		}
		r := &roster.Roster{Root: c.Root, Bundles: dir}
		list, err := r.List()
		if err != nil {
			return err
		}
		args := []string{"boot"}
		for _, ct := range list {
			data := ct.Bundle + "/mon"
			if _, err := os.Stat(data + "/settings.json"); err != nil || filepath.Dir(ct.Bundle) != dir {
				continue
			}
			if !ct.Live() {
				if err := mountRoot(c, ct.Bundle); err != nil {
					c.Warnf("%s: %v", ct.ID, err)
					continue
				}
			}
			args = append(args, data)
		}
		return said(call(c, "gt-mon", args...))
	}
}

// mountRoot mounts what a bundle's root is made of, if it has to be.
func mountRoot(c *tool.Call, path string) error {
	if _, err := os.Stat(path + "/rootfs.json"); err != nil {
		return nil //nolint:nilerr // a root in place
	}
	return said(call(c, "gt-rootfs", "mount", path))
}

// readied mounts the root of a container of which the bundle is left.
func readied(c *tool.Call, ct *roster.Container) error {
	if _, err := os.Stat(ct.Bundle + "/mon/settings.json"); err != nil {
		return foreground(ct)
	}
	return mountRoot(c, ct.Bundle)
}
