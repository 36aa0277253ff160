package cgroup

import (
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// settingsV2 turns the spec's v1 words into cgroup2's files.
func settingsV2(r *specs.LinuxResources) []setting {
	var l []setting
	add := func(member, controller, file, value string) {
		l = append(l, setting{"/linux/resources/" + member, controller, file, value})
	}
	memoryV2(r.Memory, add)
	cpuV2(r.CPU, add)
	pids(r.Pids, func(v string) { add("pids/limit", "pids", "pids.max", v) })
	blockV2(r.BlockIO, add)
	for i, h := range r.HugepageLimits {
		add("hugepageLimits/"+strconv.Itoa(i), "hugetlb", "hugetlb."+h.Pagesize+".max", itoa(h.Limit))
	}
	for _, file := range sorted(r.Unified) {
		controller, _, _ := strings.Cut(file, ".")
		if controller == "cgroup" {
			controller = ""
		}
		add("unified/"+strings.ReplaceAll(file, "/", "~1"), controller, file, r.Unified[file])
	}
	return l
}

func limit(v int64) string {
	if v < 0 {
		return "max"
	}
	return strconv.FormatInt(v, 10)
}

// memoryV2: the spec's swap counts memory too, cgroup2's does not.
func memoryV2(m *specs.LinuxMemory, add func(member, controller, file, value string)) {
	if m == nil {
		return
	}
	if m.Swap != nil && *m.Swap != 0 {
		swap := *m.Swap
		if swap > 0 && m.Limit != nil && *m.Limit > 0 {
			swap = max(0, swap-*m.Limit)
		}
		add("memory/swap", "memory", "memory.swap.max", limit(swap))
	}
	if m.Limit != nil && *m.Limit != 0 {
		add("memory/limit", "memory", "memory.max", limit(*m.Limit))
	}
	if m.Reservation != nil && *m.Reservation != 0 {
		add("memory/reservation", "memory", "memory.low", limit(*m.Reservation))
	}
}

func cpuV2(c *specs.LinuxCPU, add func(member, controller, file, value string)) {
	if c == nil {
		return
	}
	if c.Shares != nil && *c.Shares != 0 {
		add("cpu/shares", "cpu", "cpu.weight", itoa(weight(*c.Shares)))
	}
	if c.Quota != nil && *c.Quota != 0 || c.Period != nil && *c.Period != 0 {
		quota, period := "max", ""
		if c.Quota != nil && *c.Quota > 0 {
			quota = strconv.FormatInt(*c.Quota, 10)
		}
		if c.Period != nil && *c.Period != 0 {
			period = " " + strconv.FormatUint(*c.Period, 10)
		}
		add("cpu/quota", "cpu", "cpu.max", quota+period)
	}
	num(c.Burst, func(v string) { add("cpu/burst", "cpu", "cpu.max.burst", v) })
	if c.Idle != nil {
		add("cpu/idle", "cpu", "cpu.idle", strconv.FormatInt(*c.Idle, 10))
	}
	word(c.Cpus, func(v string) { add("cpu/cpus", "cpuset", "cpuset.cpus", v) })
	word(c.Mems, func(v string) { add("cpu/mems", "cpuset", "cpuset.mems", v) })
}

// weight maps shares 2…262144 to weight 1…10000.
func weight(shares uint64) uint64 {
	shares = min(max(shares, 2), 262144)
	return 1 + (shares-2)*9999/262142
}

func blockV2(b *specs.LinuxBlockIO, add func(member, controller, file, value string)) {
	if b == nil {
		return
	}
	if b.Weight != nil && *b.Weight != 0 {
		w := uint64(*b.Weight)
		add("blockIO/weight", "io", "io.weight", "default "+itoa(1+(max(w, 10)-10)*9999/990))
	}
	for _, t := range []struct {
		member, key string
		list        []specs.LinuxThrottleDevice
	}{
		{"throttleReadBpsDevice", "rbps", b.ThrottleReadBpsDevice},
		{"throttleWriteBpsDevice", "wbps", b.ThrottleWriteBpsDevice},
		{"throttleReadIOPSDevice", "riops", b.ThrottleReadIOPSDevice},
		{"throttleWriteIOPSDevice", "wiops", b.ThrottleWriteIOPSDevice},
	} {
		for i, d := range t.list {
			add("blockIO/"+t.member+"/"+strconv.Itoa(i), "io", "io.max", device(d.Major, d.Minor)+" "+t.key+"="+itoa(d.Rate))
		}
	}
}
