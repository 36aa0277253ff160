package container

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Kill signals the container's first process, or with all every process of its
// cgroup, also when the first one has ended.
func (rt *Runtime) Kill(id string, sig unix.Signal, all bool) (*Container, error) {
	c, err := rt.Open(id)
	if err != nil {
		return nil, err
	}
	if all {
		if err := c.Group.Kill(sig); err != nil {
			return nil, err
		}
		rt.record("kill", id, "signal", itoa(int(sig)), "all", "true")
		return c, nil
	}
	if err := c.need(state.Running, state.Created, state.Paused); err != nil {
		return nil, err
	}
	fd, err := c.pidfd()
	if err != nil {
		return nil, fail.New(fail.CodeStatus, "container not running: %w", err)
	}
	defer unix.Close(fd)
	if err := c.signal(fd, sig); err != nil {
		return nil, err
	}
	rt.record("kill", id, "signal", itoa(int(sig)))
	if c.Status == state.Paused && sig == unix.SIGKILL {
		return c, c.Group.Thaw() // a frozen v1 group dies when it thaws
	}
	return c, nil
}

// Delete removes a container that is stopped, or stops within half a second;
// with force any, which then is killed.
func (rt *Runtime) Delete(id string, force bool) error {
	root, err := state.Open(rt.Root)
	if err != nil {
		return err
	}
	e, err := root.Entry(id)
	if err != nil {
		if force && fail.Details(err).Code == fail.CodeNoSuch {
			return nil
		}
		return err
	}
	if err := e.Lock(); err != nil {
		if force && fail.Details(err).Code == fail.CodeNoSuch {
			return nil // who had the lock has removed it
		}
		return err
	}
	defer e.Unlock()
	c, err := rt.load(e)
	if err != nil {
		if force {
			_, err = rt.collectBroken(e, true)
		}
		return err
	}
	if c.Status == state.Stopped {
		return c.Destroy()
	}
	if !force && c.Status != state.Created && !c.ending() {
		return fail.New(fail.CodeStatus, "container is %s, need stopped, or --force", c.Status)
	}
	return c.end()
}

func (c *Container) end() error {
	fd, err := c.pidfd()
	if err != nil && err != unix.ESRCH {
		return err
	}
	if err == nil {
		defer unix.Close(fd)
		err := c.signal(fd, unix.SIGKILL)
		if err != nil && err != unix.ESRCH && c.Group.Kill(unix.SIGKILL) != nil { // cgroup2 asks no security module
			return err
		}
		if c.Status == state.Paused || c.State.Reviving && stands(c.Group) {
			if err := c.Group.Thaw(); err != nil {
				return err
			}
		}
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if err := sys.Poll(fds, dying); err != nil {
			return err
		}
		if fds[0].Revents == 0 {
			return fail.New(fail.CodeTimeout, "container was killed and is still there after %d s, need it stopped", dying/1000)
		}
	}
	return c.Destroy()
}

// dying is what a killed process gets to end, in milliseconds: it may be in the
// middle of a system call that nothing interrupts.
const dying = 10_000

// Wait returns when the container's first process has ended, or with a timeout
// in milliseconds (-1 is none) refuses.
func (rt *Runtime) Wait(id string, timeout int) (*Container, error) {
	c, err := rt.Open(id)
	if err != nil || c.Status == state.Stopped {
		return c, err
	}
	fd, err := c.pidfd()
	if err == unix.ESRCH {
		c.Status = state.Stopped
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if err := sys.Poll(fds, timeout); err != nil {
		return nil, err
	}
	if fds[0].Revents == 0 {
		return nil, fail.New(fail.CodeTimeout, "container is %s, need stopped", c.Status)
	}
	c.Status = state.Stopped
	return c, nil
}
