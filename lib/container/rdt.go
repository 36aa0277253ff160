package container

import (
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/rdt"
	"github.com/gophertainer/gophertainer/lib/state"
)

// class is the container's class of cache and memory bandwidth, nil for none.
func class(r *specs.LinuxIntelRdt, id string) (*rdt.Group, error) {
	if r == nil {
		return nil, nil
	}
	root, err := rdt.Root()
	if err != nil {
		return nil, err
	}
	return rdt.Find(root, r, id), nil
}

// classify makes the class. It stands behind the frozen copy, which tells gc of
// it.
func (c *creation) classify() error {
	r := c.spec.Linux.IntelRdt
	g, err := class(r, c.st.ID)
	if g == nil || err != nil {
		return err
	}
	if err := g.Create(r); err != nil {
		return err
	}
	c.class = g
	return nil
}

// declassify removes what classify made. A host that has no resctrl any more
// has no class either.
func declassify(s *specs.Spec, id string) error {
	if s == nil || s.Linux == nil || s.Linux.IntelRdt == nil {
		return nil
	}
	g, err := class(s.Linux.IntelRdt, id)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	return g.Remove()
}

// Reclass writes new shares into the class of a container that has one of its
// own or by name.
func (rt *Runtime) Reclass(id string, r *specs.LinuxIntelRdt) error {
	c, err := rt.Locked(id)
	if err != nil {
		return err
	}
	defer c.Unlock()
	if err := c.need(state.Running, state.Created, state.Paused); err != nil {
		return err
	}
	s, err := c.spec()
	if err != nil {
		return err
	}
	own := s.Linux.IntelRdt
	if own == nil {
		return fail.Spec("/linux/intelRdt", "have none in the container's config.json, need it to change it")
	}
	g, err := class(own, id)
	if err != nil {
		return err
	}
	if err := g.Write(rdt.Lines(r)); err != nil {
		return err
	}
	rt.record("update", id, "class", strings.TrimPrefix(filepath.Clean("/"+own.ClosID), "/"))
	return nil
}
