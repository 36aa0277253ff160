package main

import (
	"errors"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/own"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// owned is a verb that a person without privilege runs as root over their own
// subordinate ids. Where the host allows no user namespace, it does what it can
// without.
func owned(verb func(*tool.Options) func(*tool.Call) error) func(*tool.Options) func(*tool.Call) error {
	return func(o *tool.Options) func(*tool.Call) error {
		run := verb(o)
		return func(c *tool.Call) error {
			if !own.Needed() {
				return run(c)
			}
			code, err := own.Enter()
			switch {
			case errors.Is(err, own.ErrNone):
				return run(c)
			case err != nil:
				return err
			case code != 0:
				return tool.ExitStatus(code)
			}
			return nil
		}
	}
}
