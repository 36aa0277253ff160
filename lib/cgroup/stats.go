package cgroup

import (
	"strconv"
	"strings"
)

// Stats is what a group uses, with the members of runc's `events --stats`. What
// this host does not count is left out.
type Stats struct {
	CPU    map[string]any `json:"cpu,omitempty"`    // usage.total in nanoseconds
	Memory map[string]any `json:"memory,omitempty"` // usage in bytes, raw as the kernel writes it
	Pids   map[string]any `json:"pids,omitempty"`
}

// Stats reads the usage.
func (g *Group) Stats() Stats {
	if g.mode == V2 {
		return g.statsV2()
	}
	var s Stats
	if v, ok := count(g.dir("cpuacct"), "cpuacct.usage"); ok {
		s.CPU = map[string]any{"usage": map[string]any{"total": v}}
	}
	if v, ok := count(g.dir("memory"), "memory.usage_in_bytes"); ok {
		limit, _ := count(g.dir("memory"), "memory.limit_in_bytes")
		peak, _ := count(g.dir("memory"), "memory.max_usage_in_bytes")
		s.Memory = map[string]any{"usage": map[string]any{"usage": v, "limit": limit, "max": peak}, "raw": table(g.dir("memory"), "memory.stat")}
	}
	s.Pids = pidsStats(g.dir("pids"))
	return s
}

func (g *Group) statsV2() Stats {
	var s Stats
	d := g.dirs[""]
	if t := table(d, "cpu.stat"); len(t) > 0 {
		s.CPU = map[string]any{"usage": map[string]any{"total": t["usage_usec"] * 1000, "kernel": t["system_usec"] * 1000, "user": t["user_usec"] * 1000}}
	}
	if v, ok := count(d, "memory.current"); ok {
		limit, _ := count(d, "memory.max")
		s.Memory = map[string]any{"usage": map[string]any{"usage": v, "limit": limit}, "raw": table(d, "memory.stat")}
	}
	s.Pids = pidsStats(d)
	return s
}

func pidsStats(dir string) map[string]any {
	v, ok := count(dir, "pids.current")
	if !ok {
		return nil
	}
	m := map[string]any{"current": v}
	if limit, ok := count(dir, "pids.max"); ok {
		m["limit"] = limit
	}
	return m
}

// count reads one number; "max" and a missing file are none.
func count(dir, file string) (uint64, bool) {
	if dir == "" {
		return 0, false
	}
	text, err := read(dir, file)
	if err != nil {
		return 0, false
	}
	v, err := strconv.ParseUint(text, 10, 64)
	return v, err == nil
}

func table(dir, file string) map[string]uint64 {
	text, err := read(dir, file)
	if err != nil {
		return nil
	}
	m := map[string]uint64{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseUint(value, 10, 64); err == nil {
			m[key] = v
		}
	}
	return m
}
