package cgroup

import (
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// completed adds what one file of cgroup2 holds together with the limits that
// are to change: the quota beside the period, the memory that swap is counted
// with. It copies what it changes.
func (g *Group) completed(r *specs.LinuxResources) (*specs.LinuxResources, error) {
	if g.mode != V2 {
		return r, nil
	}
	done := *r
	if c := r.CPU; c != nil && c.Period != nil && (c.Quota == nil || *c.Quota == 0) {
		text, err := read(g.dirs[""], "cpu.max")
		if err != nil {
			return nil, g.absent(setting{member: "/linux/resources/cpu/period", controller: "cpu", file: "cpu.max"})
		}
		cpu := *c
		word, _, _ := strings.Cut(text, " ")
		if quota, err := strconv.ParseInt(word, 10, 64); err == nil {
			cpu.Quota = &quota
		}
		done.CPU = &cpu
	}
	m := r.Memory
	if m == nil {
		return &done, nil
	}
	if m.Swap != nil && *m.Swap > 0 && (m.Limit == nil || *m.Limit == 0) {
		if now, ok := count(g.dirs[""], "memory.max"); ok {
			memory, have := *m, int64(now)
			if memory.Limit = &have; *m.Swap < have {
				return nil, fail.Spec("/linux/resources/memory/swap", "have %d, need at least the memory limit of %d, which it includes", *m.Swap, have)
			}
			done.Memory = &memory
		}
	}
	return &done, g.checkUsage(m)
}

// checkUsage: cgroup2 takes a limit below what is used, and kills.
func (g *Group) checkUsage(m *specs.LinuxMemory) error {
	if m.CheckBeforeUpdate == nil || !*m.CheckBeforeUpdate || m.Limit == nil || *m.Limit <= 0 {
		return nil
	}
	used, ok := count(g.dirs[""], "memory.current")
	if !ok || int64(used) <= *m.Limit {
		return nil
	}
	e := fail.New(fail.CodeLimit, "have a limit of %d, need at least the %d that are used", *m.Limit, used)
	e.Member = "/linux/resources/memory/limit"
	return e
}
