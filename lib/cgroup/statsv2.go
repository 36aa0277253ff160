package cgroup

import (
	"strconv"
	"strings"
)

func cpuV2Stats(dir string) map[string]any {
	s := Stats{}
	t := table(dir, "cpu.stat")
	if len(t) == 0 {
		return s
	}
	s["usage"] = map[string]any{"total": t["usage_usec"] * 1000, "kernel": t["system_usec"] * 1000, "user": t["user_usec"] * 1000}
	s.put("throttling", throttling(t, t["throttled_usec"]*1000))
	s.put("psi", pressure(dir, "cpu.pressure"))
	return s
}

// memoryV2Stats counts swap as v1 does: with the memory.
func memoryV2Stats(dir string) map[string]any {
	s := Stats{}
	m := Stats{}
	m.counts(dir, map[string]string{"usage": "memory.current", "limit": "memory.max", "max": "memory.peak"})
	if len(m) == 0 {
		return s
	}
	if t := table(dir, "memory.events"); len(t) > 0 {
		m["failcnt"] = t["max"]
	}
	s["usage"] = map[string]any(m)
	swap := Stats{}
	swap.counts(dir, map[string]string{"usage": "memory.swap.current", "limit": "memory.swap.max"})
	for name, v := range swap {
		if memory, ok := m[name].(uint64); ok {
			swap[name] = v.(uint64) + memory
		} else {
			delete(swap, name)
		}
	}
	s.put("swap", swap)
	if raw := table(dir, "memory.stat"); len(raw) > 0 {
		s["raw"], s["cache"] = raw, raw["file"]
		s["kernel"] = map[string]any{"usage": raw["kernel"]}
	}
	s.put("psi", pressure(dir, "memory.pressure"))
	return s
}

// ioV2Stats names what io.stat counts as v1 does.
func ioV2Stats(dir string) map[string]any {
	names := map[string][2]string{
		"rbytes": {"ioServiceBytesRecursive", "Read"}, "wbytes": {"ioServiceBytesRecursive", "Write"},
		"rios": {"ioServicedRecursive", "Read"}, "wios": {"ioServicedRecursive", "Write"},
	}
	lists := map[string][]any{}
	for _, words := range lines(dir, "io.stat") {
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			name, known := names[key]
			v, err := strconv.ParseUint(value, 10, 64)
			if e, ok := entry(words[0], name[1], v); ok && known && err == nil {
				lists[name[0]] = append(lists[name[0]], e)
			}
		}
	}
	s := Stats{}
	for name, list := range lists {
		s[name] = list
	}
	s.put("psi", pressure(dir, "io.pressure"))
	return s
}

// decimal is a number as the kernel wrote it.
type decimal string

// MarshalJSON gives it as it is.
func (d decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

// pressure reads "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" (the kernel's
// accounting/psi.rst). A kernel with psi=0 has the file, and no text in it.
func pressure(dir, file string) map[string]any {
	s := Stats{}
	for _, words := range lines(dir, file) {
		m := Stats{}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			if _, err := strconv.ParseFloat(value, 64); err == nil {
				m[key] = decimal(value)
			}
		}
		s.put(words[0], m)
	}
	return s
}
