package cgroup

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// settingsV1: the order within memory is that of growing from nothing.
func settingsV1(r *specs.LinuxResources) []setting {
	l := &limits{}
	memoryV1(r.Memory, l)
	cpuV1(r.CPU, l)
	l.pids(r.Pids)
	blockV1(r.BlockIO, l)
	l.huge(r.HugepageLimits, "limit_in_bytes")
	l.rdma(r.Rdma)
	if n := r.Network; n != nil {
		if n.ClassID != nil {
			l.add("network/classID", "net_cls", "net_cls.classid", strconv.FormatUint(uint64(*n.ClassID), 10))
		}
		for i, p := range n.Priorities {
			l.add("network/priorities/"+strconv.Itoa(i), "net_prio", "net_prio.ifpriomap", p.Name+" "+strconv.FormatUint(uint64(p.Priority), 10))
		}
	}
	return l.list
}

// memoryV1: who lifts the limit and says nothing of swap means both.
func memoryV1(m *specs.LinuxMemory, l *limits) {
	if m == nil {
		return
	}
	l.signed(m.Limit, "memory/limit", "memory", "memory.limit_in_bytes")
	l.signed(m.Swap, "memory/swap", "memory", "memory.memsw.limit_in_bytes")
	if lifted(m) {
		l.may("memory/limit", "memory", "memory.memsw.limit_in_bytes", "-1")
	}
	l.signed(m.Reservation, "memory/reservation", "memory", "memory.soft_limit_in_bytes")
	l.signed(m.Kernel, "memory/kernel", "memory", "memory.kmem.limit_in_bytes") //nolint:staticcheck // the kernel refuses it, not we
	l.signed(m.KernelTCP, "memory/kernelTCP", "memory", "memory.kmem.tcp.limit_in_bytes")
	if m.Swappiness != nil {
		l.add("memory/swappiness", "memory", "memory.swappiness", strconv.FormatUint(*m.Swappiness, 10))
	}
	if m.DisableOOMKiller != nil && *m.DisableOOMKiller {
		l.add("memory/disableOOMKiller", "memory", "memory.oom_control", "1")
	}
}

func lifted(m *specs.LinuxMemory) bool {
	return m.Limit != nil && *m.Limit == -1 && (m.Swap == nil || *m.Swap == 0)
}

func cpuV1(c *specs.LinuxCPU, l *limits) {
	if c == nil {
		return
	}
	awake(c, l)
	l.number(c.Shares, "cpu/shares", "cpu", "cpu.shares")
	l.number(c.Period, "cpu/period", "cpu", "cpu.cfs_period_us")
	l.signed(c.Quota, "cpu/quota", "cpu", "cpu.cfs_quota_us")
	if c.Burst != nil {
		l.add("cpu/burst", "cpu", "cpu.cfs_burst_us", strconv.FormatUint(*c.Burst, 10))
	}
	l.number(c.RealtimePeriod, "cpu/realtimePeriod", "cpu", "cpu.rt_period_us")
	l.signed(c.RealtimeRuntime, "cpu/realtimeRuntime", "cpu", "cpu.rt_runtime_us")
	idle(c, l)
	l.word(c.Cpus, "cpu/cpus", "cpuset", "cpuset.cpus")
	l.word(c.Mems, "cpu/mems", "cpuset", "cpuset.mems")
}

// awake and idle: an idle group takes no weight, so it is given up first and
// taken up last.
func awake(c *specs.LinuxCPU, l *limits) {
	if c.Idle != nil && *c.Idle == 0 {
		l.add("cpu/idle", "cpu", "cpu.idle", "0")
	}
}

func idle(c *specs.LinuxCPU, l *limits) {
	if c.Idle != nil && *c.Idle != 0 {
		l.add("cpu/idle", "cpu", "cpu.idle", strconv.FormatInt(*c.Idle, 10))
	}
}

func blockV1(b *specs.LinuxBlockIO, l *limits) {
	if b == nil {
		return
	}
	if b.Weight != nil && *b.Weight != 0 {
		l.add("blockIO/weight", "blkio", "blkio.weight", itoa(*b.Weight))
	}
	if b.LeafWeight != nil && *b.LeafWeight != 0 {
		l.add("blockIO/leafWeight", "blkio", "blkio.leaf_weight", itoa(*b.LeafWeight))
	}
	for i, d := range b.WeightDevice {
		member := "blockIO/weightDevice/" + strconv.Itoa(i)
		if d.Weight != nil {
			l.add(member, "blkio", "blkio.weight_device", device(d.Major, d.Minor)+" "+itoa(*d.Weight))
		}
		if d.LeafWeight != nil {
			l.add(member, "blkio", "blkio.leaf_weight_device", device(d.Major, d.Minor)+" "+itoa(*d.LeafWeight))
		}
	}
	l.throttle(b.ThrottleReadBpsDevice, "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "")
	l.throttle(b.ThrottleWriteBpsDevice, "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "")
	l.throttle(b.ThrottleReadIOPSDevice, "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "")
	l.throttle(b.ThrottleWriteIOPSDevice, "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "")
}

// renamed is what a file is called where the bfq scheduler brings the weights.
func renamed(file string) string {
	switch file {
	case "blkio.weight":
		return "blkio.bfq.weight"
	case "blkio.weight_device":
		return "blkio.bfq.weight_device"
	}
	return ""
}
