package container

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/link"
)

// devices moves the network devices of the spec into the container. They go
// last, and home again if nothing comes of the container: a virtual one would
// end with the namespace.
func (c *creation) devices(pid int) error {
	list := c.spec.Linux.NetDevices
	if len(list) == 0 {
		return nil
	}
	netns, err := unix.Open("/proc/"+itoa(pid)+"/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.netns = netns
	c.later(c.settled)
	for _, host := range slices.Sorted(maps.Keys(list)) {
		name := cmp.Or(list[host].Name, host)
		m, err := link.Move(host, name, netns)
		if err != nil {
			return explainDevice(host, name, err)
		}
		c.moved = append(c.moved, m)
		c.later(func() { c.warn(m.Back()) })
	}
	return nil
}

// settled gives up the way home; the container is there, or is not to be.
func (c *creation) settled() {
	for _, m := range c.moved {
		m.Done()
	}
	c.moved = nil
	if c.netns >= 0 {
		_ = unix.Close(c.netns)
		c.netns = -1
	}
}

func explainDevice(host, name string, err error) error {
	e := &fail.Error{Code: fail.CodeStep, Member: "/linux/netDevices/" + json.Word(host), Op: "move device " + host, Cause: err}
	switch {
	case errors.Is(err, unix.ENODEV):
		e.Code, e.Hint = fail.CodeNoSuch, "there is no such device here"
	case errors.Is(err, unix.EEXIST):
		e.Code, e.Hint = fail.CodeExists, "the container has a device "+name+" already"
	case errors.Is(err, unix.EINVAL):
		e.Hint = "devices of this kind may not leave their network namespace, or it is loopback"
	}
	return e
}
