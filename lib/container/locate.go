package container

import (
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// locate finds the container's group. Without one, limits are refused; device
// rules, which engines always send, have nowhere to be and are dropped, as crun
// does.
func (c *creation) locate(id string) (*cgroup.Group, error) {
	l := c.spec.Linux
	if !c.rt.NoCgroup {
		return cgroup.Locate(l.CgroupsPath, id)
	}
	if r := l.Resources; r != nil {
		if r.Memory != nil || r.CPU != nil || r.Pids != nil || r.BlockIO != nil || len(r.Unified) > 0 {
			return nil, fail.Spec("/linux/resources", "have limits and --cgroup-manager=disabled, need one without the other")
		}
		l.Resources = nil
	}
	return cgroup.None()
}
