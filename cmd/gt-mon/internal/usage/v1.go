package usage

import (
	"os"
	"strconv"
	"strings"
)

// tick is the unit of cpuacct.stat in microseconds (USER_HZ is 100).
const tick = 10_000

func (g *Group) readV1(s *Sample) {
	if total, ok := number(g.Dir("cpuacct"), "cpuacct.usage"); ok {
		split, held := table(g.Dir("cpuacct"), "cpuacct.stat"), table(g.Dir("cpu"), "cpu.stat")
		s.CPU = &CPU{
			Total: total / 1000, User: split["user"] * tick, System: split["system"] * tick,
			Periods: held["nr_periods"], Throttled: held["nr_throttled"], ThrottledTime: held["throttled_time"] / 1000,
		}
		s.CPU.Quota, _ = number(g.Dir("cpu"), "cpu.cfs_quota_us") // -1: none
		s.CPU.Period, _ = number(g.Dir("cpu"), "cpu.cfs_period_us")
	}
	dir := g.Dir("memory")
	if used, ok := number(dir, "memory.usage_in_bytes"); ok {
		t := table(dir, "memory.stat")
		m := &Memory{Usage: used, Cache: t["total_cache"], RSS: t["total_rss"], Swap: t["total_swap"], Inactive: t["total_inactive_file"]}
		m.Peak, _ = number(dir, "memory.max_usage_in_bytes")
		m.Limit, _ = number(dir, "memory.limit_in_bytes")
		m.Failures, _ = number(dir, "memory.failcnt")
		m.Kernel, _ = number(dir, "memory.kmem.usage_in_bytes")
		s.Memory = m
	}
	s.OOMKills = table(dir, "memory.oom_control")["oom_kill"]
	// The kernel counts no kills of the own limit here: a limit that was never
	// hit killed nobody.
	if s.OOMKills > 0 && s.Memory != nil && s.Memory.Failures > 0 {
		s.OOMOwn = s.OOMKills
	}
	s.IO = blockIO(g.Dir("blkio"))
}

// blockIO reads "MAJ:MIN Read 4096" lines.
func blockIO(dir string) map[string]*IO {
	list := map[string]*IO{}
	for _, file := range []string{"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive"} {
		if _, err := os.Stat(dir + "/" + file); err != nil {
			file = strings.TrimSuffix(file, "_recursive")
		}
		for line := range strings.Lines(text(dir, file)) {
			f := strings.Fields(line)
			if len(f) != 3 {
				continue
			}
			n, err := strconv.ParseUint(f[2], 10, 64)
			if err != nil {
				continue
			}
			d := device(list, f[0])
			bytes := strings.Contains(file, "service_bytes")
			switch {
			case f[1] == "Read" && bytes:
				d.ReadBytes = n
			case f[1] == "Write" && bytes:
				d.WriteBytes = n
			case f[1] == "Read":
				d.Reads = n
			case f[1] == "Write":
				d.Writes = n
			}
		}
	}
	return list
}

func device(list map[string]*IO, name string) *IO {
	if list[name] == nil {
		list[name] = &IO{}
	}
	return list[name]
}
