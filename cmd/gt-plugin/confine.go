package main

import (
	"os"
	"runtime"
	"syscall"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/landlock"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// confine runs inside of a plugin's container, as its user, after all else has
// been given up: it takes the paths away that the plugin has no business with,
// and becomes the plugin. It is not for people.
func confine(o *tool.Options) func(*tool.Call) error {
	var rules landlock.Rules
	o.Strings(&rules.Read, "read", 0, "PATH", "a tree to read and execute")
	o.Strings(&rules.Write, "write", 0, "PATH", "a tree to write, too")
	o.Bool(&rules.Net, "net", 0, "leave the network alone")
	return func(c *tool.Call) error {
		runtime.LockOSThread() // exec takes the rights of the thread that calls it
		if err := landlock.Restrict(rules); err != nil {
			return err
		}
		err := syscall.Exec(c.Args[0], c.Args, os.Environ())
		return fail.New(fail.CodeExec, "execute %s: %w", c.Args[0], err)
	}
}
