package main

import (
	"errors"
	"fmt"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func gc(*tool.Options) func(c *tool.Call) error {
	return func(c *tool.Call) error {
		var errs []error
		for _, dir := range c.Args {
			gone, err := bundle.Sweep(dir)
			for _, name := range gone {
				if err := c.Print([]byte(name + "\n")); err != nil {
					errs = append(errs, err)
				}
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", dir, err))
			}
		}
		return errors.Join(errs...)
	}
}
