package container

import (
	"github.com/gophertainer/gophertainer/lib/state"
)

// Pause freezes every process of a container.
func (rt *Runtime) Pause(id string) (*Container, error) {
	return rt.change(id, change{"pause", (*Container).freeze, []state.Status{state.Running, state.Created}})
}

// Resume lets a paused container go on.
func (rt *Runtime) Resume(id string) (*Container, error) {
	return rt.change(id, change{"resume", (*Container).thaw, []state.Status{state.Paused}})
}

// freeze holds the gate first: nobody is to start what stands still, and wait.
func (c *Container) freeze() error {
	held := c.Status == state.Created
	if held {
		if err := c.HoldGate(true); err != nil {
			return err
		}
	}
	if err := c.Group.Freeze(); err != nil {
		if held {
			c.warn(c.HoldGate(false))
		}
		return err
	}
	c.Status = state.Paused
	return nil
}

func (c *Container) thaw() error {
	if err := c.Group.Thaw(); err != nil {
		return err
	}
	if err := c.HoldGate(false); err != nil {
		return err
	}
	var err error
	c.Status, err = c.Entry.Status(c.State)
	return err
}

// change is a verb that moves a container from one of some statuses to another.
type change struct {
	verb string
	do   func(*Container) error
	from []state.Status
}

func (rt *Runtime) change(id string, ch change) (*Container, error) {
	c, err := rt.Locked(id)
	if err != nil {
		return nil, err
	}
	defer c.Unlock()
	if err := c.need(ch.from...); err != nil {
		return nil, err
	}
	if err := ch.do(c); err != nil {
		return nil, err
	}
	rt.record(ch.verb, id)
	return c, nil
}

// Row is what state and list print of a container.
func (c *Container) Row() state.Row { return c.State.Row(c.Status) }

// JSON is the OCI state.
func (c *Container) JSON() []byte { return c.State.OCI(c.Status) }
