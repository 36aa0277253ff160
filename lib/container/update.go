package container

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/state"
)

// Update changes the limits of a container that lives, and the shares of its
// class. It does so as a whole: what is refused leaves all as it was.
func (rt *Runtime) Update(id string, r *specs.LinuxResources, shares *specs.LinuxIntelRdt) error {
	c, err := rt.Locked(id)
	if err != nil {
		return err
	}
	defer c.Unlock()
	if err := c.need(state.Running, state.Created, state.Paused); err != nil {
		return err
	}
	if err := c.update(r, shares); err != nil {
		return err
	}
	rt.record("update", id)
	return nil
}

// update: the device rules go last, for they cannot be put back.
func (c *Container) update(r *specs.LinuxResources, shares *specs.LinuxIntelRdt) error {
	class, lines, err := c.reclass(shares)
	if err != nil {
		return err
	}
	undo, err := c.Group.Update(r)
	var before []string
	if err == nil && class != nil {
		if before, err = class.Shares(); err == nil {
			err = class.Write(lines)
		}
	}
	if err == nil {
		if err = c.Group.Rules(r.Devices); err == nil {
			return nil
		}
		if class != nil {
			c.warn(class.Write(before))
		}
	}
	c.warn(undo.Back())
	return err
}

func (c *Container) warn(err error) {
	if err != nil {
		c.rt.Warn("undo: %v", err)
	}
}
