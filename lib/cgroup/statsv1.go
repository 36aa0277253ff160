package cgroup

import "strconv"

// ticks is a second's (times(2)); the kernel shows all programs the same.
const ticks = 100

func (g *Group) cpuV1Stats() map[string]any {
	acct := g.dir("cpuacct")
	usage := Stats{}
	usage.counts(acct, map[string]string{"total": "cpuacct.usage"})
	if t := table(acct, "cpuacct.stat"); len(t) > 0 {
		usage["user"], usage["kernel"] = t["user"]*(1e9/ticks), t["system"]*(1e9/ticks)
	}
	for name, file := range map[string]string{
		"percpu": "cpuacct.usage_percpu", "percpu_user": "cpuacct.usage_percpu_user", "percpu_kernel": "cpuacct.usage_percpu_sys",
	} {
		if l := lines(acct, file); len(l) == 1 {
			usage[name] = numbers(l[0])
		}
	}
	s := Stats{}
	s.put("usage", usage)
	t := table(g.dir("cpu"), "cpu.stat")
	s.put("throttling", throttling(t, t["throttled_time"]))
	return s
}

func cpusetV1Stats(dir string) map[string]any {
	s := Stats{}
	for _, name := range []string{"cpus", "mems"} {
		if l := lines(dir, "cpuset."+name); len(l) == 1 && len(l[0]) == 1 {
			s[name] = members(l[0][0])
		}
	}
	for _, name := range []string{
		"cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab",
		"memory_pressure", "sched_load_balance",
	} {
		s.counts(dir, map[string]string{name: "cpuset." + name})
	}
	if l := lines(dir, "cpuset.sched_relax_domain_level"); len(l) == 1 && len(l[0]) == 1 {
		if v, err := strconv.ParseInt(l[0][0], 10, 64); err == nil {
			s["sched_relax_domain_level"] = v
		}
	}
	return s
}

func memoryV1Stats(dir string) map[string]any {
	s := Stats{}
	for name, prefix := range map[string]string{"usage": "", "swap": "memsw.", "kernel": "kmem.", "kernelTCP": "kmem.tcp."} {
		prefix = "memory." + prefix
		m := Stats{}
		m.counts(dir, map[string]string{
			"usage": prefix + "usage_in_bytes", "max": prefix + "max_usage_in_bytes", "limit": prefix + "limit_in_bytes", "failcnt": prefix + "failcnt",
		})
		s.put(name, m)
	}
	if raw := table(dir, "memory.stat"); len(raw) > 0 {
		s["raw"], s["cache"] = raw, raw["cache"]
	}
	return s
}

// blkioV1Stats reads what the scheduler counts, or what throttling does where there
// is no such scheduler.
func blkioV1Stats(dir string) map[string]any {
	s := Stats{}
	for _, kind := range []string{"blkio.bfq.", "blkio.throttle."} {
		for name, file := range map[string]string{
			"ioServiceBytesRecursive": "io_service_bytes_recursive", "ioServicedRecursive": "io_serviced_recursive",
			"ioServiceTimeRecursive": "io_service_time_recursive", "ioWaitTimeRecursive": "io_wait_time_recursive",
			"ioMergedRecursive": "io_merged_recursive", "ioQueueRecursive": "io_queued_recursive",
			"ioTimeRecursive": "time_recursive", "sectorsRecursive": "sectors_recursive",
		} {
			if _, have := s[name]; have {
				continue
			}
			var list []any
			for _, words := range lines(dir, kind+file) {
				if len(words) == 2 {
					words = []string{words[0], "", words[1]}
				}
				if len(words) != 3 {
					continue
				}
				v, err := strconv.ParseUint(words[2], 10, 64)
				if e, ok := entry(words[0], words[1], v); ok && err == nil {
					list = append(list, e)
				}
			}
			if len(list) > 0 {
				s[name] = list
			}
		}
	}
	return s
}
