package container

import (
	"strconv"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Spec is the frozen config.json, the operator's policy for the container.
func (c *Container) Spec() (*specs.Spec, error) { return c.spec() }

// Need refuses a verb in the wrong status.
func (c *Container) Need(ok ...state.Status) error { return c.need(ok...) }

// Record appends to the event log.
func (rt *Runtime) Record(kind, id string, pairs ...string) { rt.record(kind, id, pairs...) }

// Seconds is the time since a moment, as events have it.
func Seconds(since time.Time) string {
	return strconv.FormatFloat(time.Since(since).Seconds(), 'f', 6, 64)
}

// A Revival is a container that is about to be restored: all is there but its
// processes.
type Revival struct {
	Spec  *specs.Spec
	Raw   []byte // of config.json
	State *state.State
	Entry *state.Entry
	Group *cgroup.Group
	c     *creation
	known bool // its state is written
}

// Restore makes a container out of processes that somebody else brings back.
// Only Bundle, Config and PidFile of the options count. revive makes the
// processes and calls Adopt before they go on; when it fails nothing is left.
// The caller unlocks the container. The spec is that of the bundle: what a
// checkpoint says about itself is no policy.
func (rt *Runtime) Restore(id string, o *CreateOptions, revive func(r *Revival) error) (*Container, error) {
	c, began := &creation{rt: rt, o: o, gate: -1, netns: -1}, time.Now()
	err := c.restore(id, revive)
	c.close()
	if err != nil {
		c.takeBack()
		return nil, err
	}
	rt.record("restore", id, "seconds", Seconds(began))
	return &Container{Entry: c.entry, State: c.st, Group: c.group, Status: state.Running, rt: rt, config: c.spec}, nil
}

func (c *creation) restore(id string, revive func(r *Revival) error) error {
	if err := c.ask(id); err != nil {
		return err
	}
	if err := c.plugins(); err != nil {
		return err
	}
	root, err := state.Open(c.rt.Root)
	if err != nil {
		return err
	}
	if c.entry, err = root.Create(id); err != nil {
		return err
	}
	c.later(func() { c.warn(c.entry.Remove()) })
	if err := c.prepare(id); err != nil {
		return err
	}
	r := &Revival{Spec: c.spec, Raw: c.raw, State: c.st, Entry: c.entry, Group: c.group, c: c}
	if err := revive(r); err != nil {
		return err
	}
	if c.st.Pid == 0 {
		return fail.New(fail.CodeInternal, "restored container has no process")
	}
	return r.Continue()
}

// Continue lets processes that are frozen go on, once the container is one that
// others find.
func (r *Revival) Continue() error {
	if err := r.Settle(); err != nil || !r.State.Reviving {
		return err
	}
	return r.c.rt.letGo(r.Entry, r.State, r.Group)
}

// letGo ends a restore. One that was killed just before is ended by whoever has
// the container's lock next: nobody else would thaw what it has frozen.
func (rt *Runtime) letGo(e *state.Entry, st *state.State, g *cgroup.Group) error {
	if stands(g) {
		if err := g.Thaw(); err != nil {
			return err
		}
	}
	st.Reviving = false
	return e.WriteState(st)
}

// Settle makes the container one that others find. It comes before the
// processes go on, so that whoever is killed then leaves a container.
func (r *Revival) Settle() error {
	if r.known {
		return nil
	}
	err := r.Entry.Commit()
	r.known = err == nil
	return err
}

// Adopt takes a process that is there, but has not gone on, as the container's
// first: limits and state are as after a birth. The process ended if Restore
// fails.
func (r *Revival) Adopt(pid int) error {
	c := r.c
	if err := c.adopt(pid); err != nil {
		return err
	}
	return writePid(c.o.PidFile, pid)
}

func (c *creation) adopt(pid int) error {
	if res := c.spec.Linux.Resources; res != nil {
		if err := c.group.Apply(res); err != nil {
			return err
		}
	}
	if err := c.classify(); err != nil {
		return err
	}
	if c.class != nil {
		if err := c.class.Add(pid); err != nil {
			return err
		}
	}
	if p := c.spec.Process; p.OOMScoreAdj != nil {
		if err := oomScore(pid, *p.OOMScoreAdj, c.rt.Warn); err != nil {
			return err
		}
	}
	return c.identify(pid)
}

// identify writes down who the first process is.
func (c *creation) identify(pid int) error {
	start, err := state.StartTime(pid)
	if err != nil {
		return err
	}
	boot, err := state.BootID()
	if err != nil {
		return err
	}
	if err := c.entry.WriteConfig(c.raw); err != nil {
		return err
	}
	c.st.Pid, c.st.PidStart, c.st.BootID, c.st.Reviving = pid, start, boot, true
	return c.entry.WritePending(c.st)
}

// Hooks runs a list of host hooks of the spec; from the first on, a Restore
// that fails runs the poststop hooks.
func (r *Revival) Hooks(kind string, list []specs.Hook, status state.Status) error {
	r.c.hooked = true
	return r.c.rt.hooks(kind, list, r.State, status)
}

// Poststart runs the poststart hooks of a restored container.
func (c *Container) Poststart() error { return c.poststart() }
