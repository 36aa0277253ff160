package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// makeOptions are the options that create and run share.
type makeOptions struct {
	container.CreateOptions
	stdio       string
	pidfdSocket string
}

func (m *makeOptions) declare(o *tool.Options) {
	m.Bundle = "."
	o.String(&m.Bundle, "bundle", 'b', "DIR", "the bundle")
	o.String(&m.Config, "config", 'f', "FILE", "the configuration, instead of the bundle's config.json")
	o.String(&m.ConsoleSocket, "console-socket", 0, "SOCKET", "hand the terminal's master to SOCKET")
	o.String(&m.PidFile, "pid-file", 0, "FILE", "write the PID to FILE")
	o.String(&m.pidfdSocket, "pidfd-socket", 0, "SOCKET", "hand a pidfd of the process to SOCKET")
	o.Bool(&m.NoPivot, "no-pivot", 0, "use chroot instead of pivot_root")
	o.Bool(&m.NoKeyring, "no-new-keyring", 0, "keep the session keyring of the caller")
	o.Int(&m.Preserve, "preserve-fds", 0, "N", "pass N descriptors after 2 on")
	o.String(&m.stdio, "stdio", 0, "null|log:FILE", "give the container /dev/null or a log instead of our own output")
}

// descriptors decides what is 0, 1, 2 inside. With --stdio our own stdout is
// free, and the state is printed there.
func (m *makeOptions) descriptors() (free bool, err error) {
	m.Stdio, m.Born = [3]int{0, 1, 2}, pidfdTo(m.pidfdSocket)
	if err := m.activation(); err != nil {
		return false, err
	}
	if err := preserved(m.Preserve); err != nil {
		return false, err
	}
	if m.stdio == "" {
		return false, nil
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	if m.stdio == "null" {
		m.Stdio = [3]int{null, null, null}
		return true, nil
	}
	name, ok := strings.CutPrefix(m.stdio, "log:")
	if !ok || name == "" {
		return false, fail.Usage("--stdio: have %q, need null or log:FILE", m.stdio)
	}
	log, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return false, err
	}
	m.Stdio = [3]int{null, int(log.Fd()), int(log.Fd())}
	return true, nil
}

// preserved makes sure that descriptors 3 and on are the caller's: ours close on
// exec, and were there none they would stand in their place.
func preserved(n int) error {
	if n < 0 {
		return fail.Usage("--preserve-fds: have %d, need 0 or more", n)
	}
	for fd := 3; fd < 3+n; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			return fail.Usage("--preserve-fds: have no descriptor %d, need 3 to %d", fd, 2+n)
		}
	}
	return nil
}

func create(o *tool.Options) func(*tool.Call) error {
	m := &makeOptions{}
	m.declare(o)
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		free, err := m.descriptors()
		if err != nil {
			return err
		}
		m.Gate = true
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			if in.Bundle != "" {
				m.Bundle = in.Bundle
			}
			if in.Raw != nil && !free {
				return nil, fail.Usage("have states on stdin, need --stdio=null or --stdio=log:FILE: create gives 0, 1, 2 to the container")
			}
			ct, _, err := rt.Create(in.ID, &m.CreateOptions)
			if err != nil {
				return nil, err
			}
			defer ct.Unlock()
			return reply(in, ct)
		})
	}
}

// reply is the state that goes out where one came in.
func reply(in tool.Input, ct *container.Container) ([]byte, error) {
	if in.Raw == nil {
		return nil, nil
	}
	set := map[string]any{"status": string(ct.Status)}
	if ct.Status != "stopped" {
		set["pid"] = ct.State.Pid
	}
	if _, err := os.Stat(ct.State.Bundle); err == nil {
		set["bundle"] = ct.State.Bundle
	}
	return tool.Merge(in.Raw, set)
}

// pidfdTo hands a pidfd of the process to the socket at path, if there is one.
func pidfdTo(path string) func(*birth.Born) error {
	if path == "" {
		return nil
	}
	return func(born *birth.Born) error { return sendPidfd(path, born.PidFD) }
}

func sendPidfd(path string, pidfd int) error {
	sock, err := sys.Dial(path)
	if err != nil {
		return &fail.Error{Op: "connect to " + path, Cause: err}
	}
	defer unix.Close(sock)
	return unix.Sendmsg(sock, []byte("pidfd"), unix.UnixRights(pidfd), nil, unix.MSG_NOSIGNAL)
}
