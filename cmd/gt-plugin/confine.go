package main

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

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
		// A gt-plugin that is killed with -9 takes the plugin along, busy or not.
		if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
			return fail.New(fail.CodeSystem, "prctl PR_SET_PDEATHSIG: %w", err)
		}
		err := syscall.Exec(c.Args[0], c.Args, os.Environ())
		return fail.New(fail.CodeExec, "execute %s: %w", c.Args[0], err)
	}
}
