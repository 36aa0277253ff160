package container

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/state"
)

// Pause freezes every process of a container.
func (rt *Runtime) Pause(id string) (*Container, error) {
	return rt.change(id, change{"pause", state.Paused, (*Container).freeze, []state.Status{state.Running, state.Created}})
}

// Resume lets a paused container go on.
func (rt *Runtime) Resume(id string) (*Container, error) {
	return rt.change(id, change{"resume", state.Running, (*Container).thaw, []state.Status{state.Paused}})
}

func (c *Container) freeze() error { return c.Group.Freeze() }
func (c *Container) thaw() error   { return c.Group.Thaw() }

// change is a verb that moves a container from one of some statuses to another.
type change struct {
	verb string
	to   state.Status
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
	c.Status = ch.to
	rt.record(ch.verb, id)
	return c, nil
}

// Update changes the limits of a container that lives.
func (rt *Runtime) Update(id string, r *specs.LinuxResources) error {
	c, err := rt.Locked(id)
	if err != nil {
		return err
	}
	defer c.Unlock()
	if err := c.need(state.Running, state.Created, state.Paused); err != nil {
		return err
	}
	if err := c.Group.Update(r); err != nil {
		return err
	}
	rt.record("update", id)
	return nil
}

// Row is what state and list print of a container.
func (c *Container) Row() state.Row { return c.State.Row(c.Status) }

// JSON is the OCI state.
func (c *Container) JSON() []byte { return c.State.OCI(c.Status) }
