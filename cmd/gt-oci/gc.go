package main

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func gc(o *tool.Options) func(*tool.Call) error {
	var all bool
	o.Bool(&all, "all", 'a', "have gt-rootfs and gt-net collect theirs, too")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		done, err := rt.Collect()
		for _, what := range done {
			if perr := c.Print([]byte("removed " + what + "\n")); err == nil {
				err = perr
			}
		}
		if err != nil || !all {
			return err
		}
		for _, name := range []string{"gt-rootfs", "gt-net"} {
			if err := handOver(c, name); err != nil {
				return err
			}
		}
		return nil
	}
}

// handOver runs another tool's gc. What each tool makes it alone knows how to
// undo; which of them are installed is the host's affair.
func handOver(c *tool.Call, name string) error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil
	}
	defer sys.PlainSlack()()
	pid, err := syscall.ForkExec(path, []string{name, "--root", c.Root, "gc"}, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return &fail.Error{Op: "execute " + path, Cause: err}
	}
	var ws unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	if err == nil && ws != 0 {
		err = fail.New(fail.CodeHost, "%s gc: exit code %d", name, ws.ExitStatus())
	}
	return err
}
