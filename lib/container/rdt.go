package container

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/rdt"
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

// reclass are the lines that change the class of a container that has one of its
// own or by name, and that class; nil for no change.
func (c *Container) reclass(r *specs.LinuxIntelRdt) (*rdt.Group, []string, error) {
	lines := rdt.Lines(r)
	if len(lines) == 0 {
		return nil, nil, nil
	}
	s, err := c.spec()
	if err != nil {
		return nil, nil, err
	}
	if s.Linux.IntelRdt == nil {
		return nil, nil, fail.Spec("/linux/intelRdt", "have none in the container's config.json, need it to change it")
	}
	g, err := class(s.Linux.IntelRdt, c.ID)
	return g, lines, err
}
