package spec

import specs "github.com/opencontainers/runtime-spec/specs-go"

// The kernel has 12 bits for a major and 20 for a minor number (MKDEV).
const (
	mostMajor = 1<<12 - 1
	mostMinor = 1<<20 - 1
)

func (c *checker) devices(list []specs.LinuxDevice) {
	for i, d := range list {
		at := index("/linux/devices", i)
		oneOf(c, at+"/type", d.Type, "b", "c", "u", "p")
		c.absolute(at+"/path", d.Path)
		if d.Type != "p" {
			c.between(at+"/major", d.Major, 0, mostMajor)
			c.between(at+"/minor", d.Minor, 0, mostMinor)
		}
		if d.FileMode != nil && *d.FileMode > 1<<16-1 { // some engines send the type too, as stat(2) has it
			c.refuse(at+"/fileMode", "have %d, need 0 to 4095 (octal 07777)", uint32(*d.FileMode))
		}
		if d.UID != nil && *d.UID == nobody {
			c.refuse(at+"/uid", "have %d, need a real user", *d.UID)
		}
		if d.GID != nil && *d.GID == nobody {
			c.refuse(at+"/gid", "have %d, need a real group", *d.GID)
		}
	}
}

// deviceRules are for the devices controller; -1 and none stand for all numbers.
func (c *checker) deviceRules(at string, list []specs.LinuxDeviceCgroup) {
	for i, r := range list {
		member := index(at, i)
		if r.Type != "" {
			oneOf(c, member+"/type", r.Type, "a", "b", "c", "u", "p")
		}
		if r.Type == "p" && !r.Allow {
			c.refuse(member+"/type", "denies FIFOs, need a, b or c: the kernel asks no rule about a FIFO")
		}
		if r.Major != nil {
			c.between(member+"/major", *r.Major, -1, 1<<32-1)
		}
		if r.Minor != nil {
			c.between(member+"/minor", *r.Minor, -1, 1<<32-1)
		}
		for _, a := range r.Access {
			if a != 'r' && a != 'w' && a != 'm' {
				c.refuse(member+"/access", "have %q, need letters of r, w and m", r.Access)
				break
			}
		}
	}
}
