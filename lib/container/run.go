package container

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Run makes a container that goes straight on to its program.
func (rt *Runtime) Run(id string, o *CreateOptions) (*Container, *birth.Born, error) {
	o.Gate = false
	c, born, err := rt.Create(id, o)
	if err != nil {
		return nil, nil, err
	}
	c.Status = state.Running
	rt.record("start", id)
	if err := c.poststart(); err != nil {
		return c, born, err
	}
	return c, born, nil
}

// Wait reaps a child and returns the exit code a shell would: the program's
// own, or 128 and the signal.
func Wait(pid int) (int, error) {
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &ws, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, err
		}
		if ws.Signaled() {
			return 128 + int(ws.Signal()), nil
		}
		return ws.ExitStatus(), nil
	}
}

// Clean is Destroy for who did not hold the lock since: somebody else may have
// removed the container, and even made another one of that name.
func (c *Container) Clean() error {
	if err := c.Lock(); err != nil {
		if fail.Details(err).Code == fail.CodeNoSuch {
			return nil
		}
		return err
	}
	defer c.Unlock()
	st, err := c.ReadState()
	if err != nil {
		return err
	}
	if st.Pid != c.State.Pid || st.PidStart != c.State.PidStart {
		return nil
	}
	return c.Destroy()
}

// Destroy removes a container whose process has ended: what is left in its
// cgroup, the cgroup, the entry; then the poststop hooks run.
func (c *Container) Destroy() error {
	if err := ungroup(c.Group); err != nil {
		return err
	}
	s, serr := c.spec()
	if serr == nil && !c.past {
		if err := declassify(s, c.ID); err != nil {
			return err
		}
	}
	if err := c.Entry.Remove(); err != nil {
		return err
	}
	c.rt.record("delete", c.ID)
	if serr != nil || s.Hooks == nil {
		return nil
	}
	c.rt.poststop(s.Hooks.Poststop, c.State)
	return nil
}

// ungroup removes the cgroup. Only a container without a PID namespace can have
// processes left then.
func ungroup(g *cgroup.Group) error {
	err := g.Remove()
	if !errors.Is(err, unix.EBUSY) {
		return err
	}
	if err := g.Kill(unix.SIGKILL); err != nil {
		return err
	}
	if _, err := g.Outlive(orphaned); err != nil {
		return err
	}
	return g.Remove()
}
