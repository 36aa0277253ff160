package container

import (
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// locate finds the container's group. Without one, limits are refused; device
// rules, which engines always send, have nowhere to be and are dropped, as crun
// does.
func (c *creation) locate(id string) (*cgroup.Group, error) {
	l := c.spec.Linux
	switch {
	case c.rt.Systemd:
		return cgroup.LocateScope(l.CgroupsPath, id, c.spec.Annotations)
	case !c.rt.NoCgroup && c.o.Lean:
		g, err := cgroup.Locate(l.CgroupsPath, id)
		if err == nil {
			g.Keep(append(limited(l.Resources), "devices", "freezer"))
		}
		return g, err
	case !c.rt.NoCgroup:
		return cgroup.Locate(l.CgroupsPath, id)
	}
	if member := cgroup.Limit(l.Resources); member != "" {
		return nil, fail.Spec(member, "have a limit and --cgroup-manager=disabled, need one of them")
	}
	l.Resources = nil
	return cgroup.None()
}

// limited are the v1 controllers that a limit needs.
func limited(r *specs.LinuxResources) (list []string) {
	if r == nil {
		return nil
	}
	for _, c := range []struct {
		there bool
		names []string
	}{
		{r.Memory != nil, []string{"memory"}},
		{r.CPU != nil, []string{"cpu", "cpuset"}},
		{r.Pids != nil, []string{"pids"}},
		{r.BlockIO != nil, []string{"blkio"}},
		{r.Network != nil, []string{"net_cls", "net_prio"}},
		{len(r.HugepageLimits) > 0, []string{"hugetlb"}},
		{len(r.Rdma) > 0, []string{"rdma"}},
	} {
		if c.there {
			list = append(list, c.names...)
		}
	}
	return list
}

// owner is the user, by its ID here, that the container's group is given to:
// that of the program, where it has a cgroup namespace of its own with a mount
// that it may write to (runtime-spec config-linux.md, "Cgroup ownership").
func (c *creation) owner(s *specs.Spec) (uid int, given bool) {
	if !c.set.Cgroup || s.Process == nil {
		return 0, false
	}
	for _, m := range s.Mounts {
		if m.Type == "cgroup" || m.Type == "cgroup2" {
			given = !slices.Contains(m.Options, "ro")
		}
	}
	id := s.Process.User.UID
	if c.set.Creates(unix.CLONE_NEWUSER) {
		host, ok := idmap.Map(s.Linux.UIDMappings).ToHost(id)
		return int(host), given && ok
	}
	return int(id), given && !c.set.Has(unix.CLONE_NEWUSER)
}
