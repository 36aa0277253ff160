package container

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/birth/inside"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Start opens the gate of a created container and returns when its program is
// being executed, or says why it is not.
func (rt *Runtime) Start(id string) (*Container, error) {
	c, err := rt.Locked(id)
	if err != nil {
		return nil, err
	}
	defer c.Unlock()
	if err := c.need(state.Created); err != nil {
		return nil, err
	}
	if err := c.open(); err != nil {
		return nil, err
	}
	c.Status = state.Running
	rt.record("start", id)
	return c, c.poststart()
}

// poststart: one that fails stops the container (runtime-spec runtime.md,
// "Lifecycle" 9).

func (c *Container) poststart() error {
	s, err := c.spec()
	if err != nil || s.Hooks == nil {
		return err
	}
	err = c.rt.hooks("poststart", s.Hooks.Poststart, c.State, state.Running)
	if err == nil {
		return nil
	}
	fd, ferr := c.pidfd()
	if ferr == unix.ESRCH {
		return err
	}
	if ferr == nil {
		ferr = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
		_ = unix.Close(fd)
	}
	if ferr != nil && ferr != unix.ESRCH {
		c.rt.Warn("stop the container: %v", ferr)
	}
	return err
}

// open: the reader is opened before the word is written, so that whatever
// gt-init answers stays in the fifo; the fifo hangs up when exec closes it.
func (c *Container) open() error {
	read, err := unix.Open(c.GatePath(), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fail.Error{Op: "open " + c.GatePath(), Cause: err}
	}
	defer unix.Close(read)
	word, err := unix.Open(c.GatePath(), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fail.Error{Op: "open " + c.GatePath(), Cause: err}
	}
	_, err = unix.Write(word, []byte{inside.Gate})
	_ = unix.Close(word)
	if err != nil {
		return err
	}
	if err := sys.Poll([]unix.PollFd{{Fd: int32(read)}}, -1); err != nil {
		return err
	}
	if err := c.RemoveGate(); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, err := unix.Read(read, answer)
	if err != nil && err != unix.EAGAIN {
		return err
	}
	if n <= 0 {
		return c.starved()
	}
	if answer[0] == inside.SayExec {
		answer, n = answer[1:], n-1
	}
	if n == 0 {
		return nil
	}
	return c.trouble(answer[:n])
}

// trouble explains what gt-init left in the fifo. The steps behind the gate are
// compiled again for their words.
func (c *Container) trouble(answer []byte) error {
	if answer[0] != inside.SayTrouble {
		return fail.New(fail.CodeStatus, "container is stopped, need created")
	}
	t, err := plan.DecodeTrouble(answer[1:])
	if err != nil {
		return err
	}
	s, err := c.spec()
	if err != nil {
		return err
	}
	p := &plan.Plan{Steps: make([]plan.Step, t.Step)}
	last := plan.Step{Op: plan.OpExec, Member: "/process/args", Args: s.Process.Args}
	if t.Why == plan.WhyHook || t.Why == plan.WhyTimeout {
		last = plan.Step{Op: plan.OpHook, Member: "/hooks/startContainer"}
	}
	p.Add(last)
	return birth.Explain(p, t)
}
