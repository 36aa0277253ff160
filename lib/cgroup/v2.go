package cgroup

import (
	"math"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// settingsV2 turns the spec's v1 words into cgroup2's files.
func settingsV2(r *specs.LinuxResources) []setting {
	l := &limits{}
	memoryV2(r.Memory, l)
	cpuV2(r.CPU, l)
	l.pids(r.Pids)
	blockV2(r.BlockIO, l)
	l.huge(r.HugepageLimits, "max")
	l.rdma(r.Rdma)
	for _, file := range names(r.Unified) {
		controller, _, _ := strings.Cut(file, ".")
		if controller == "cgroup" {
			controller = ""
		}
		l.add("unified/"+strings.ReplaceAll(file, "/", "~1"), controller, file, r.Unified[file])
	}
	return l.list
}

// memoryV2: the spec's swap counts memory too, cgroup2's does not. A kernel
// without swap has no file to say so in.
func memoryV2(m *specs.LinuxMemory, l *limits) {
	if m == nil {
		return
	}
	if lifted(m) {
		l.may("memory/limit", "memory", "memory.swap.max", "max")
	}
	if m.Swap != nil && *m.Swap != 0 {
		swap := *m.Swap
		if swap > 0 && m.Limit != nil && *m.Limit > 0 {
			swap = max(0, swap-*m.Limit)
		}
		if swap <= 0 {
			l.may("memory/swap", "memory", "memory.swap.max", limit(swap))
		} else {
			l.add("memory/swap", "memory", "memory.swap.max", limit(swap))
		}
	}
	if m.Limit != nil && *m.Limit != 0 {
		l.add("memory/limit", "memory", "memory.max", limit(*m.Limit))
	}
	if m.Reservation != nil && *m.Reservation != 0 {
		l.add("memory/reservation", "memory", "memory.low", limit(*m.Reservation))
	}
}

func cpuV2(c *specs.LinuxCPU, l *limits) {
	if c == nil {
		return
	}
	awake(c, l)
	if c.Shares != nil && *c.Shares != 0 {
		l.add("cpu/shares", "cpu", "cpu.weight", itoa(weight(*c.Shares)))
	}
	if c.Quota != nil && *c.Quota != 0 || c.Period != nil && *c.Period != 0 {
		quota, period := "max", ""
		if c.Quota != nil && *c.Quota > 0 {
			quota = strconv.FormatInt(*c.Quota, 10)
		}
		if c.Period != nil && *c.Period != 0 {
			period = " " + strconv.FormatUint(*c.Period, 10)
		}
		l.add("cpu/quota", "cpu", "cpu.max", quota+period)
	}
	if c.Burst != nil {
		l.add("cpu/burst", "cpu", "cpu.max.burst", strconv.FormatUint(*c.Burst, 10))
	}
	idle(c, l)
	l.word(c.Cpus, "cpu/cpus", "cpuset", "cpuset.cpus")
	l.word(c.Mems, "cpu/mems", "cpuset", "cpuset.mems")
}

// weight maps shares to weights so that the ends of the ranges and both
// defaults meet: 2 is 1, 1024 is 100, 262144 is 10000. Engines and other
// runtimes use the same curve.
func weight(shares uint64) uint64 {
	switch {
	case shares <= 2:
		return 1
	case shares >= 262144:
		return 10000
	}
	l := math.Log2(float64(shares))
	return uint64(math.Ceil(math.Pow(10, (l*l+125*l)/612.0-7.0/34.0)))
}

// blkio's weights go from 10 to 1000, io's from 1 to 10000.
func ioWeight(w uint16) string { return itoa(1 + (uint64(max(w, 10))-10)*9999/990) }

func blockV2(b *specs.LinuxBlockIO, l *limits) {
	if b == nil {
		return
	}
	if b.Weight != nil && *b.Weight != 0 {
		l.add("blockIO/weight", "io", "io.weight", ioWeight(*b.Weight))
	}
	for i, d := range b.WeightDevice {
		if d.Weight != nil {
			l.add("blockIO/weightDevice/"+strconv.Itoa(i), "io", "io.weight", device(d.Major, d.Minor)+" "+ioWeight(*d.Weight))
		}
	}
	l.throttle(b.ThrottleReadBpsDevice, "throttleReadBpsDevice", "io.max", "rbps=")
	l.throttle(b.ThrottleWriteBpsDevice, "throttleWriteBpsDevice", "io.max", "wbps=")
	l.throttle(b.ThrottleReadIOPSDevice, "throttleReadIOPSDevice", "io.max", "riops=")
	l.throttle(b.ThrottleWriteIOPSDevice, "throttleWriteIOPSDevice", "io.max", "wiops=")
}
