package main

import (
	"errors"
	"fmt"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
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
