package container

import (
	"errors"
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

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

// tight tells whether the memory limit may be too small for the birth. Then it
// stands before there is a process, so that it never has to be pressed onto one
// that uses more. A larger one is set while the process is born.
func tight(r *specs.LinuxResources) bool {
	const enough = 32 << 20
	if r == nil {
		return false
	}
	limit := r.Memory != nil && r.Memory.Limit != nil && *r.Memory.Limit > 0 && *r.Memory.Limit < enough
	return limit || len(r.Unified) > 0
}

// stuck: a birth that does not move in a tight limit that it has hit has too
// little to keep its own program in memory.
func (c *creation) stuck() error {
	if !c.group.Pressed() {
		return nil
	}
	return starved(c.spec.Linux.Resources)
}

// starving explains a birth that was refused memory, or that was killed before
// it was asked anything.
func (c *creation) starving(err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EPIPE) {
		if why := c.died(); why != nil {
			return why
		}
	}
	// Without memory an exec fails with about any errno.
	if !errors.Is(err, unix.ENOMEM) && !tight(c.spec.Linux.Resources) || !c.group.Pressed() {
		return err
	}
	var e *fail.Error
	if errors.As(err, &e) && e.Code == fail.CodeLimit {
		return err // died has said it
	}
	e = starved(c.spec.Linux.Resources)
	e.Cause = fmt.Errorf("%w: %w", e.Cause, err)
	return e
}

// starved names the limit that was too small. Without one it was a parent's, or
// the host has run out.
func starved(r *specs.LinuxResources) *fail.Error {
	const text = "the kernel has no memory for the birth: "
	var e *fail.Error
	switch {
	case r != nil && r.Memory != nil && r.Memory.Limit != nil && *r.Memory.Limit > 0:
		e = fail.New(fail.CodeLimit, text+"the limit of %d bytes is too small for it", *r.Memory.Limit)
		e.Member = "/linux/resources/memory/limit"
	case r != nil && r.Unified["memory.max"] != "":
		e = fail.New(fail.CodeLimit, text+"the limit of %s is too small for it", r.Unified["memory.max"])
		e.Member = "/linux/resources/unified/memory.max"
	default:
		e = fail.New(fail.CodeLimit, text+"have no limit in the spec, need more in a parent of the cgroup or on the host")
		e.Member = "/linux/cgroupsPath"
	}
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
