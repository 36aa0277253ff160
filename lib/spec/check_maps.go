package spec

import specs "github.com/opencontainers/runtime-spec/specs-go"

// mostLines is the kernel's bound (user_namespaces(7)); a longer map would be cut or
// refused there (CVE-2021-43784).
const mostLines = 340

func (c *checker) maps(l *specs.Linux) {
	user := owned(l)[specs.UserNamespace]
	c.side("/linux/uidMappings", l.UIDMappings, user)
	c.side("/linux/gidMappings", l.GIDMappings, user)
}

func (c *checker) side(at string, list []specs.LinuxIDMapping, user kinship) {
	switch {
	case len(list) > 0 && !user.own:
		c.refuse(at, "have id maps and no user namespace, need both")
	case len(list) == 0 && user.created:
		c.refuse(at, "have none, need one for the new user namespace")
	case user.created && !has(list, 0):
		c.refuse(at, "have no line for container ID 0, need one: a container is made by its root")
	}
	c.mapLines(at, list)
}

// mapLines: ranges within 32 bits that do not overlap on either side. The last
// number means no ID to the kernel and is part of none.
func (c *checker) mapLines(at string, list []specs.LinuxIDMapping) {
	if len(list) > mostLines {
		c.refuse(at, "have %d lines, need at most the kernel's %d", len(list), mostLines)
		return
	}
	for i, a := range list {
		if a.Size == 0 || uint64(a.ContainerID)+uint64(a.Size) > nobody || uint64(a.HostID)+uint64(a.Size) > nobody {
			c.refuse(index(at, i)+"/size", "have %d, need 1 or more within 32 bits", a.Size)
			continue
		}
		for j, b := range list[:i] {
			if meet(a.ContainerID, a.Size, b.ContainerID, b.Size) || meet(a.HostID, a.Size, b.HostID, b.Size) {
				c.refuse(index(at, i), "overlaps line %d, need ranges apart", j)
				break
			}
		}
	}
}

// mapped: a user or group without a line in a new user namespace cannot be
// taken on (setuid(2), EINVAL).
func (c *checker) mapped(l *specs.Linux, p *specs.Process) {
	if p == nil || !owned(l)[specs.UserNamespace].created {
		return
	}
	c.line("/process/user/uid", "uidMappings", p.User.UID, l.UIDMappings)
	c.line("/process/user/gid", "gidMappings", p.User.GID, l.GIDMappings)
	for i, g := range p.User.AdditionalGids {
		c.line(index("/process/user/additionalGids", i), "gidMappings", g, l.GIDMappings)
	}
}

func (c *checker) line(member, side string, id uint32, list []specs.LinuxIDMapping) {
	if len(list) == 0 || id == nobody {
		return
	}
	if !has(list, id) {
		c.refuse(member, "have %d, need one that /linux/%s maps", id, side)
	}
}

// has tells whether one of the lines has the container's ID.
func has(list []specs.LinuxIDMapping, id uint32) bool {
	for _, m := range list {
		if id >= m.ContainerID && uint64(id) < uint64(m.ContainerID)+uint64(m.Size) {
			return true
		}
	}
	return false
}

func meet(a, n, b, m uint32) bool {
	return uint64(a) < uint64(b)+uint64(m) && uint64(b) < uint64(a)+uint64(n)
}
