package spec

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/json"
)

// resources: what no controller of any version takes. What this host's lacks is
// said when it is set.
func (c *checker) resources(at string, r *specs.LinuxResources) {
	if r == nil {
		return
	}
	c.deviceRules(at+"/devices", r.Devices)
	c.memory(at+"/memory", r.Memory)
	c.cpu(at+"/cpu", r.CPU)
	if r.Pids != nil && r.Pids.Limit != nil {
		c.bound(at+"/pids/limit", *r.Pids.Limit)
	}
	c.blockIO(at+"/blockIO", r.BlockIO)
	c.hugepages(at+"/hugepageLimits", r.HugepageLimits)
	if r.Network != nil {
		for i, p := range r.Network.Priorities {
			c.link(index(at+"/network/priorities", i)+"/name", p.Name)
		}
	}
	for _, device := range sorted(r.Rdma) {
		member := at + "/rdma/" + json.Word(device)
		if device == "" || strings.ContainsAny(device, "/ \n\x00") {
			c.refuse(member, "have %q, need the name of an RDMA device", device)
		}
		if d := r.Rdma[device]; d.HcaHandles == nil && d.HcaObjects == nil {
			c.refuse(member, "have no limit, need hcaHandles, hcaObjects or both")
		}
	}
	for _, file := range sorted(r.Unified) {
		member := at + "/unified/" + json.Word(file)
		if file == "" || strings.ContainsAny(file, "/\x00") || !strings.Contains(strings.Trim(file, "."), ".") {
			c.refuse(member, "have file %q, need a plain name like memory.high", file)
		}
		c.plain(member, r.Unified[file])
	}
}

// bound is a limit of which -1 means none.
func (c *checker) bound(member string, n int64) {
	if n < -1 {
		c.refuse(member, "have %d, need 0 or more, or -1 for no limit", n)
	}
}

func (c *checker) memory(at string, m *specs.LinuxMemory) {
	if m == nil {
		return
	}
	for _, l := range []struct {
		name  string
		value *int64
	}{
		{"limit", m.Limit},
		{"reservation", m.Reservation},
		{"swap", m.Swap},
		{"kernel", m.Kernel}, //nolint:staticcheck // engines still send it
		{"kernelTCP", m.KernelTCP},
	} {
		if l.value != nil {
			c.bound(at+"/"+l.name, *l.value)
		}
	}
	if m.Limit != nil && m.Swap != nil && *m.Swap > 0 && *m.Swap < *m.Limit {
		c.refuse(at+"/swap", "have %d for memory and swap together, need at least the memory limit %d", *m.Swap, *m.Limit)
	}
	if m.Swappiness != nil {
		c.between(at+"/swappiness", signed(*m.Swappiness), 0, 100)
	}
}

func (c *checker) cpu(at string, p *specs.LinuxCPU) {
	if p == nil {
		return
	}
	if p.Quota != nil {
		c.bound(at+"/quota", *p.Quota)
	}
	if p.Period != nil && *p.Period != 0 {
		c.between(at+"/period", signed(*p.Period), 1000, 1000000)
	}
	if p.Burst != nil && p.Quota != nil && *p.Quota > 0 && *p.Burst > uint64(*p.Quota) {
		c.refuse(at+"/burst", "have %d, need at most the quota %d", *p.Burst, *p.Quota)
	}
	if p.RealtimeRuntime != nil {
		c.bound(at+"/realtimeRuntime", *p.RealtimeRuntime)
		if p.RealtimePeriod != nil && *p.RealtimePeriod != 0 && *p.RealtimeRuntime > 0 && uint64(*p.RealtimeRuntime) > *p.RealtimePeriod {
			c.refuse(at+"/realtimeRuntime", "have %d, need at most the period %d", *p.RealtimeRuntime, *p.RealtimePeriod)
		}
	}
	if p.Idle != nil {
		c.between(at+"/idle", *p.Idle, 0, 1)
	}
	c.numbers(at+"/cpus", p.Cpus)
	c.numbers(at+"/mems", p.Mems)
}

func (c *checker) blockIO(at string, b *specs.LinuxBlockIO) {
	if b == nil {
		return
	}
	c.weight(at+"/weight", b.Weight)
	c.weight(at+"/leafWeight", b.LeafWeight)
	for i, d := range b.WeightDevice {
		member := index(at+"/weightDevice", i)
		c.blockDevice(member, d.LinuxBlockIODevice)
		c.weight(member+"/weight", d.Weight)
		c.weight(member+"/leafWeight", d.LeafWeight)
	}
	for _, t := range []struct {
		name string
		list []specs.LinuxThrottleDevice
	}{
		{"throttleReadBpsDevice", b.ThrottleReadBpsDevice},
		{"throttleWriteBpsDevice", b.ThrottleWriteBpsDevice},
		{"throttleReadIOPSDevice", b.ThrottleReadIOPSDevice},
		{"throttleWriteIOPSDevice", b.ThrottleWriteIOPSDevice},
	} {
		for i, d := range t.list {
			c.blockDevice(index(at+"/"+t.name, i), d.LinuxBlockIODevice)
		}
	}
}

func (c *checker) blockDevice(at string, d specs.LinuxBlockIODevice) {
	c.between(at+"/major", d.Major, 0, mostMajor)
	c.between(at+"/minor", d.Minor, 0, mostMinor)
}

// weight: engines write 0 for none.
func (c *checker) weight(member string, w *uint16) {
	if w != nil && *w != 0 {
		c.between(member, int64(*w), 10, 1000)
	}
}

// hugepages: the size as the controller's files have it (config-linux.md,
// "Huge page limits").
func (c *checker) hugepages(at string, list []specs.LinuxHugepageLimit) {
	for i, h := range list {
		member := index(at, i) + "/pageSize"
		digits := strings.TrimRight(h.Pagesize, "KMGB")
		if digits == "" || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' ||
			len(h.Pagesize)-len(digits) != 2 || !strings.HasSuffix(h.Pagesize, "B") || strings.HasSuffix(h.Pagesize, "BB") {
			c.refuse(member, "have %q, need a size like 2MB", h.Pagesize)
		}
		for _, before := range list[:i] {
			if before.Pagesize == h.Pagesize {
				c.refuse(member, "%s stands there twice, need each once", h.Pagesize)
				break
			}
		}
	}
}
