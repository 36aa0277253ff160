package spec

import (
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// machine: the members about the processor and its memory.
func (c *checker) machine(l *specs.Linux) {
	if p := l.Personality; p != nil {
		oneOf(c, "/linux/personality/domain", p.Domain, specs.PerLinux, specs.PerLinux32)
		for i, f := range p.Flags {
			c.refuse(index("/linux/personality/flags", i), "have %q, need none: the specification has no flag", f)
		}
	}
	if m := l.MemoryPolicy; m != nil {
		c.memoryPolicy("/linux/memoryPolicy", m)
	}
	if r := l.IntelRdt; r != nil {
		c.rdt("/linux/intelRdt", r)
	}
}

// memoryPolicy: set_mempolicy(2).
func (c *checker) memoryPolicy(at string, m *specs.LinuxMemoryPolicy) {
	oneOf(c, at+"/mode", m.Mode, specs.MpolDefault, specs.MpolBind, specs.MpolInterleave, specs.MpolWeightedInterleave,
		specs.MpolPreferred, specs.MpolPreferredMany, specs.MpolLocal)
	c.numbers(at+"/nodes", m.Nodes)
	alone := m.Mode == specs.MpolDefault || m.Mode == specs.MpolLocal
	switch {
	case alone && m.Nodes != "":
		c.refuse(at+"/nodes", "have %q with %s, need none", m.Nodes, m.Mode)
	case !alone && m.Nodes == "" && m.Mode != specs.MpolPreferred:
		c.refuse(at+"/nodes", "have none with %s, need a list like 0-1", m.Mode)
	}
	var relative, static bool
	for i, f := range m.Flags {
		member := index(at+"/flags", i)
		oneOf(c, member, f, specs.MpolFNumaBalancing, specs.MpolFRelativeNodes, specs.MpolFStaticNodes)
		relative = relative || f == specs.MpolFRelativeNodes
		static = static || f == specs.MpolFStaticNodes
		if f == specs.MpolFNumaBalancing && m.Mode != specs.MpolBind {
			c.refuse(member, "have %s with %s, need %s", f, m.Mode, specs.MpolBind)
		}
	}
	if relative && static {
		c.refuse(at+"/flags", "have relative and static nodes, need one of them")
	}
}

// rdt: a class is a directory of the resctrl filesystem (config-linux.md, "IntelRdt").
func (c *checker) rdt(at string, r *specs.LinuxIntelRdt) {
	switch r.ClosID {
	case ".", "..", "info", "mon_data", "mon_groups":
		c.refuse(at+"/closID", "have %q, need a name that resctrl does not use itself", r.ClosID)
	}
	if strings.ContainsAny(r.ClosID, "/\n\x00") && r.ClosID != "/" {
		c.refuse(at+"/closID", "have %q, need a plain name", r.ClosID)
	}
	for i, line := range r.Schemata {
		if strings.ContainsAny(line, "\n\x00") {
			c.refuse(index(at+"/schemata", i), "have %q, need one line", line)
		}
	}
	if strings.ContainsRune(r.L3CacheSchema, 0) || strings.Contains(r.L3CacheSchema, "MB:") {
		c.refuse(at+"/l3CacheSchema", "have %q, need lines of L3", r.L3CacheSchema)
	}
	if strings.ContainsRune(r.MemBwSchema, 0) || strings.Contains(r.MemBwSchema, "L3") {
		c.refuse(at+"/memBwSchema", "have %q, need a line of MB", r.MemBwSchema)
	}
}

// numbers refuses what is no list as 0-3,7 (cpuset(7), "List format"); none is
// none.
func (c *checker) numbers(member, list string) {
	if list == "" {
		return
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(list, "\n"), ",") {
		low, high, pair := strings.Cut(strings.TrimSpace(part), "-")
		if !pair {
			high = low
		}
		high, step, stepped := strings.Cut(high, ":") // 0-31:2/8
		used, of, both := strings.Cut(step, "/")
		a, e1 := strconv.ParseUint(low, 10, 16)
		b, e2 := strconv.ParseUint(high, 10, 16)
		_, e3 := strconv.ParseUint(used, 10, 16)
		_, e4 := strconv.ParseUint(of, 10, 16)
		if e1 != nil || e2 != nil || a > b || stepped && (!pair || !both || e3 != nil || e4 != nil) {
			c.refuse(member, "have %q, need a list like 0-3,7", list)
			return
		}
	}
}
