package cgroup

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// settingsV1: the order within memory is that of growing from nothing.
func settingsV1(r *specs.LinuxResources) []setting {
	var l []setting
	add := func(member, controller, file, value string) {
		l = append(l, setting{"/linux/resources/" + member, controller, file, value})
	}
	memoryV1(r.Memory, add)
	if c := r.CPU; c != nil {
		num(c.Shares, func(v string) { add("cpu/shares", "cpu", "cpu.shares", v) })
		num(c.Period, func(v string) { add("cpu/period", "cpu", "cpu.cfs_period_us", v) })
		snum(c.Quota, func(v string) { add("cpu/quota", "cpu", "cpu.cfs_quota_us", v) })
		num(c.Burst, func(v string) { add("cpu/burst", "cpu", "cpu.cfs_burst_us", v) })
		num(c.RealtimePeriod, func(v string) { add("cpu/realtimePeriod", "cpu", "cpu.rt_period_us", v) })
		snum(c.RealtimeRuntime, func(v string) { add("cpu/realtimeRuntime", "cpu", "cpu.rt_runtime_us", v) })
		if c.Idle != nil {
			add("cpu/idle", "cpu", "cpu.idle", strconv.FormatInt(*c.Idle, 10))
		}
		word(c.Cpus, func(v string) { add("cpu/cpus", "cpuset", "cpuset.cpus", v) })
		word(c.Mems, func(v string) { add("cpu/mems", "cpuset", "cpuset.mems", v) })
	}
	pids(r.Pids, func(v string) { add("pids/limit", "pids", "pids.max", v) })
	blockV1(r.BlockIO, add)
	for i, h := range r.HugepageLimits {
		add("hugepageLimits/"+strconv.Itoa(i), "hugetlb", "hugetlb."+h.Pagesize+".limit_in_bytes", itoa(h.Limit))
	}
	if n := r.Network; n != nil {
		if n.ClassID != nil {
			add("network/classID", "net_cls", "net_cls.classid", strconv.FormatUint(uint64(*n.ClassID), 10))
		}
		for i, p := range n.Priorities {
			add("network/priorities/"+strconv.Itoa(i), "net_prio", "net_prio.ifpriomap", p.Name+" "+strconv.FormatUint(uint64(p.Priority), 10))
		}
	}
	return l
}

func memoryV1(m *specs.LinuxMemory, add func(member, controller, file, value string)) {
	if m == nil {
		return
	}
	snum(m.Limit, func(v string) { add("memory/limit", "memory", "memory.limit_in_bytes", v) })
	snum(m.Swap, func(v string) { add("memory/swap", "memory", "memory.memsw.limit_in_bytes", v) })
	snum(m.Reservation, func(v string) { add("memory/reservation", "memory", "memory.soft_limit_in_bytes", v) })
	num(m.Swappiness, func(v string) { add("memory/swappiness", "memory", "memory.swappiness", v) })
	if m.DisableOOMKiller != nil && *m.DisableOOMKiller {
		add("memory/disableOOMKiller", "memory", "memory.oom_control", "1")
	}
}

func blockV1(b *specs.LinuxBlockIO, add func(member, controller, file, value string)) {
	if b == nil {
		return
	}
	if b.Weight != nil && *b.Weight != 0 {
		add("blockIO/weight", "blkio", "blkio.weight", itoa(*b.Weight))
	}
	for _, t := range []struct {
		member, file string
		list         []specs.LinuxThrottleDevice
	}{
		{"throttleReadBpsDevice", "read_bps_device", b.ThrottleReadBpsDevice},
		{"throttleWriteBpsDevice", "write_bps_device", b.ThrottleWriteBpsDevice},
		{"throttleReadIOPSDevice", "read_iops_device", b.ThrottleReadIOPSDevice},
		{"throttleWriteIOPSDevice", "write_iops_device", b.ThrottleWriteIOPSDevice},
	} {
		for i, d := range t.list {
			add("blockIO/"+t.member+"/"+strconv.Itoa(i), "blkio", "blkio.throttle."+t.file, device(d.Major, d.Minor)+" "+itoa(d.Rate))
		}
	}
}

func device(major, minor int64) string {
	return strconv.FormatInt(major, 10) + ":" + strconv.FormatInt(minor, 10)
}

// num passes a value on that is set and not 0, which engines send for unset.
func num(v *uint64, f func(string)) {
	if v != nil && *v != 0 {
		f(strconv.FormatUint(*v, 10))
	}
}

func snum(v *int64, f func(string)) {
	if v != nil && *v != 0 {
		f(strconv.FormatInt(*v, 10))
	}
}

func word(v string, f func(string)) {
	if v != "" {
		f(v)
	}
}

// pids: below 1 is no limit (runtime-spec config-linux.md, "PIDs").
func pids(p *specs.LinuxPids, f func(string)) {
	switch {
	case p == nil || p.Limit == nil || *p.Limit == 0:
	case *p.Limit < 0:
		f("max")
	default:
		f(strconv.FormatInt(*p.Limit, 10))
	}
}
