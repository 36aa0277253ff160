package spec

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/json"
)

// A kinship is what a container has of one kind of namespace.
type kinship struct{ own, created bool }

// owned tells of each kind whether it differs from the host's, and whether it
// is made new.
func owned(l *specs.Linux) map[specs.LinuxNamespaceType]kinship {
	m := make(map[specs.LinuxNamespaceType]kinship, len(l.Namespaces))
	for _, n := range l.Namespaces {
		m[n.Type] = kinship{own: true, created: n.Path == ""}
	}
	return m
}

func (c *checker) namespaces(l *specs.Linux) {
	mount := false
	for i, n := range l.Namespaces {
		at := index("/linux/namespaces", i)
		oneOf(c, at+"/type", n.Type, specs.PIDNamespace, specs.NetworkNamespace, specs.MountNamespace, specs.IPCNamespace,
			specs.UTSNamespace, specs.UserNamespace, specs.CgroupNamespace, specs.TimeNamespace)
		for _, before := range l.Namespaces[:i] {
			if before.Type == n.Type {
				c.refuse(at+"/type", "%s stands there twice, need each once", n.Type)
				break
			}
		}
		if n.Path != "" {
			c.absolute(at+"/path", n.Path)
		}
		mount = mount || n.Type == specs.MountNamespace
	}
	if !mount {
		c.refuse("/linux/namespaces", "have no mount namespace, need one: the root would be the host's")
	}
	c.timeOffsets(l)
}

// timeOffsets can be set in a new time namespace only (time_namespaces(7)).
func (c *checker) timeOffsets(l *specs.Linux) {
	if len(l.TimeOffsets) == 0 {
		return
	}
	const at = "/linux/timeOffsets"
	if !owned(l)[specs.TimeNamespace].created {
		c.refuse(at, "have offsets and no new time namespace, need both")
	}
	for _, clock := range sorted(l.TimeOffsets) {
		member := at + "/" + json.Word(clock)
		oneOf(c, member, clock, "monotonic", "boottime")
		if n := l.TimeOffsets[clock].Nanosecs; n >= 1e9 {
			c.refuse(member+"/nanosecs", "have %d, need 0 to 999999999", n)
		}
	}
}
