package spec

import (
	"path"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// clean makes a destination absolute; none stays none.
func clean(destination string) string {
	if destination == "" {
		return ""
	}
	return path.Clean("/" + destination)
}

func (c *checker) mounts(list []specs.Mount, user bool) {
	for i := range list {
		m, at := &list[i], index("/mounts", i)
		if m.Destination == "" || strings.ContainsRune(m.Destination, 0) {
			c.refuse(at+"/destination", "have %q, need a path in the container", m.Destination)
		}
		c.plain(at+"/source", m.Source)
		c.plain(at+"/type", m.Type)
		c.plains(at+"/options", m.Options)
		if bind(m) && m.Source == "" && !slices.Contains(m.Options, "remount") {
			c.refuse(at+"/source", "have none, need what the bind mount shows")
		}
		c.mountMaps(at, m, user)
	}
}

func bind(m *specs.Mount) bool {
	if m.Type == "bind" || m.Type == "rbind" {
		return true
	}
	for _, o := range m.Options {
		if o == "bind" || o == "rbind" {
			return true
		}
	}
	return false
}

// mountMaps: both maps or none (config.md, "uidMappings").
func (c *checker) mountMaps(at string, m *specs.Mount, user bool) {
	if (len(m.UIDMappings) == 0) != (len(m.GIDMappings) == 0) {
		c.refuse(at, "has one of uidMappings and gidMappings, need both or none")
	}
	if len(m.UIDMappings) == 0 && !user {
		for i, o := range m.Options {
			if o == "idmap" || o == "ridmap" {
				c.refuse(index(at+"/options", i), "have %s, no id maps and no user namespace, need one of them", o)
			}
		}
	}
	c.mapLines(at+"/uidMappings", m.UIDMappings)
	c.mapLines(at+"/gidMappings", m.GIDMappings)
}

// paths that hide or protect, and the group's.
func (c *checker) paths(l *specs.Linux) {
	c.absolutes("/linux/maskedPaths", l.MaskedPaths)
	c.absolutes("/linux/readonlyPaths", l.ReadonlyPaths)
	if strings.ContainsAny(l.CgroupsPath, "\x00\n") {
		c.refuse("/linux/cgroupsPath", "have %q, need a path", l.CgroupsPath)
	}
	c.plain("/linux/mountLabel", l.MountLabel)
	if l.RootfsPropagation != "" {
		oneOf(c, "/linux/rootfsPropagation", l.RootfsPropagation,
			"shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable")
	}
}
