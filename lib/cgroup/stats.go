package cgroup

import (
	"os"
	"strconv"
	"strings"
)

// Stats is what a group uses, by the members of runc's `events --stats`: times
// in nanoseconds, memory in bytes, raw as the kernel writes it. What this host
// does not count is left out.
type Stats map[string]any

// Stats reads the usage.
func (g *Group) Stats() Stats {
	s := Stats{}
	if g.mode == V2 {
		d := g.dirs[""]
		s.put("cpu", cpuV2Stats(d))
		s.put("memory", memoryV2Stats(d))
		s.put("blkio", ioV2Stats(d))
		s.put("hugetlb", hugetlb(d, ".current", ".max"))
		s.put("pids", pidsStats(d))
		return s
	}
	s.put("cpu", g.cpuV1Stats())
	s.put("cpuset", cpusetV1Stats(g.dir("cpuset")))
	s.put("memory", memoryV1Stats(g.dir("memory")))
	s.put("blkio", blkioV1Stats(g.dir("blkio")))
	s.put("hugetlb", hugetlb(g.dir("hugetlb"), ".usage_in_bytes", ".limit_in_bytes"))
	s.put("pids", pidsStats(g.dir("pids")))
	return s
}

// put leaves out what has no members.
func (s Stats) put(name string, m map[string]any) {
	if len(m) > 0 {
		s[name] = m
	}
}

// counts puts the numbers of files that are there, by the names they get.
func (s Stats) counts(dir string, files map[string]string) {
	for name, file := range files {
		if v, ok := count(dir, file); ok {
			s[name] = v
		}
	}
}

func pidsStats(dir string) map[string]any {
	m := Stats{}
	m.counts(dir, map[string]string{"current": "pids.current", "limit": "pids.max"})
	return m
}

// hugetlb has an entry for each size of huge pages, named as the kernel's files.
func hugetlb(dir, usage, limit string) map[string]any {
	if dir == "" {
		return nil
	}
	sizes := Stats{}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		size, ours := strings.CutPrefix(f.Name(), "hugetlb.")
		size, ours2 := strings.CutSuffix(size, usage)
		if !ours || !ours2 || strings.Contains(size, ".") {
			continue
		}
		at := "hugetlb." + size
		entry := Stats{}
		entry.counts(dir, map[string]string{
			"usage": at + usage, "limit": at + limit, "max": at + ".max_usage_in_bytes", "failcnt": at + ".failcnt",
		})
		sizes.put(size, entry)
	}
	return sizes
}

// throttling is the part of cpu.stat that tells of quotas.
func throttling(t map[string]uint64, time uint64) map[string]any {
	if _, ok := t["nr_periods"]; !ok {
		return nil
	}
	return map[string]any{"periods": t["nr_periods"], "throttledPeriods": t["nr_throttled"], "throttledTime": time}
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

// table reads lines of a name and a number.
func table(dir, file string) map[string]uint64 {
	m := map[string]uint64{}
	for _, words := range lines(dir, file) {
		if len(words) != 2 {
			continue
		}
		if v, err := strconv.ParseUint(words[1], 10, 64); err == nil {
			m[words[0]] = v
		}
	}
	return m
}

// lines are the words of each line of a file that has some; none of one that is not there.
func lines(dir, file string) [][]string {
	if dir == "" {
		return nil
	}
	text, err := read(dir, file)
	if err != nil {
		return nil
	}
	var all [][]string
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

// numbers are those in words: all of a line of them.
func numbers(words []string) []any {
	var list []any
	for _, w := range words {
		if v, err := strconv.ParseUint(w, 10, 64); err == nil {
			list = append(list, v)
		}
	}
	return list
}

// members counts up "0-2,7" (cpuset(7), "List format").
func members(list string) []any {
	var all []any
	for part := range strings.SplitSeq(list, ",") {
		first, last, many := strings.Cut(part, "-")
		if !many {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 32)
		if err != nil {
			return nil
		}
		to, err := strconv.ParseUint(last, 10, 32)
		if err != nil {
			return nil
		}
		for ; from <= to; from++ {
			all = append(all, from)
		}
	}
	return all
}

// An entry of block I/O is of a device and an operation.
func entry(device, op string, value uint64) (map[string]any, bool) {
	major, minor, _ := strings.Cut(device, ":")
	a, err := strconv.ParseUint(major, 10, 32)
	if err != nil {
		return nil, false
	}
	b, err := strconv.ParseUint(minor, 10, 32)
	return map[string]any{"major": a, "minor": b, "op": op, "value": value}, err == nil
}
