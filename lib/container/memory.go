package container

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// died explains a birth that ended without a word: most of the time the memory
// limit is smaller than what gt-init needs. The group is new, so what was
// killed there was the birth.
func (c *creation) died() error {
	kills, err := c.group.OOMKills()
	if err != nil || kills == 0 {
		return nil
	}
	return starved(c.spec.Linux.Resources)
}

// starved names the limit that was too small. Without one it was a parent's, or
// the host has run out.
func starved(r *specs.LinuxResources) error {
	if r != nil && r.Memory != nil && r.Memory.Limit != nil && *r.Memory.Limit > 0 {
		e := fail.New(fail.CodeLimit, "the kernel killed the birth for memory: the limit of %d bytes is too small for it", *r.Memory.Limit)
		e.Member = "/linux/resources/memory/limit"
		return e
	}
	e := fail.New(fail.CodeLimit, "the kernel killed the birth for memory: have no limit in the spec, need more in a parent of the cgroup or on the host")
	e.Member = "/linux/cgroupsPath"
	return e
}

// killed is a hint for a process that was killed on its way into a container:
// it may not have been the one, but then it was in company.
func (e *entry) killed() string {
	if kills, err := e.c.Group.OOMKills(); err != nil || kills == 0 {
		return ""
	}
	return "the kernel killed for memory in this container"
}

// starved explains a gt-init that ended between the gate and its program.
func (c *Container) starved() error {
	s, err := c.spec()
	if err != nil {
		return err
	}
	kills, err := c.Group.OOMKills()
	if err == nil && kills > 0 {
		return starved(s.Linux.Resources)
	}
	return fail.New(fail.CodeStep, "gt-init ended before it executed the program")
}
