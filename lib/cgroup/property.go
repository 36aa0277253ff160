package cgroup

import (
	"math"
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/systemd"
)

// properties are the limits as systemd knows them (systemd.resource-control(5)).
// What it has no word for is only written to the files, as all of them are.
func (g *Group) properties(r *specs.LinuxResources) ([]systemd.Property, error) {
	p := &props{}
	if g.mode != V2 {
		p.old(r, 100000)
		return p.list, p.err
	}
	p.memory(r.Memory)
	p.cpu(r.CPU, g.period())
	if r.Pids != nil && r.Pids.Limit != nil && *r.Pids.Limit != 0 {
		p.amount("TasksMax", max(*r.Pids.Limit, -1))
	}
	p.block(r.BlockIO)
	for _, file := range names(r.Unified) {
		p.unified(file, r.Unified[file])
	}
	if g.unit.uid == systemd.System {
		p.devices(r.Devices)
	}
	return p.list, p.err
}

// period is the one that a quota without a period counts in.
func (g *Group) period() uint64 {
	if text, err := read(g.dirs[""], "cpu.max"); err == nil {
		_, word, _ := strings.Cut(text, " ")
		if n, err := strconv.ParseUint(word, 10, 64); err == nil {
			return n
		}
	}
	return 100000
}

type props struct {
	list []systemd.Property
	err  error
}

func (p *props) add(name string, v systemd.Value) {
	p.list = append(p.list, systemd.Property{Name: name, Value: v})
}

// amount adds a number of which -1 is none.
func (p *props) amount(name string, n int64) {
	v := uint64(n)
	if n < 0 {
		v = math.MaxUint64
	}
	p.add(name, systemd.Number(v))
}

// old are the properties for v1 controllers.
func (p *props) old(r *specs.LinuxResources, period uint64) {
	if m := r.Memory; m != nil && m.Limit != nil && *m.Limit != 0 {
		p.amount("MemoryLimit", *m.Limit)
	}
	if c := r.CPU; c != nil {
		if c.Shares != nil && *c.Shares != 0 {
			p.add("CPUShares", systemd.Number(*c.Shares))
		}
		if c.Period != nil && *c.Period != 0 {
			period = *c.Period
		}
		if c.Quota != nil && *c.Quota != 0 {
			p.quota(*c.Quota, period)
		}
	}
	if r.Pids != nil && r.Pids.Limit != nil && *r.Pids.Limit != 0 {
		p.amount("TasksMax", max(*r.Pids.Limit, -1))
	}
	if b := r.BlockIO; b != nil && b.Weight != nil && *b.Weight != 0 {
		p.add("BlockIOWeight", systemd.Number(uint64(*b.Weight)))
	}
	p.devices(r.Devices)
}

func (p *props) memory(m *specs.LinuxMemory) {
	if m == nil {
		return
	}
	if m.Limit != nil && *m.Limit != 0 {
		p.amount("MemoryMax", *m.Limit)
	}
	if m.Reservation != nil && *m.Reservation != 0 {
		p.amount("MemoryLow", *m.Reservation)
	}
	if m.Swap != nil && *m.Swap != 0 {
		swap := *m.Swap
		if swap > 0 && m.Limit != nil && *m.Limit > 0 {
			swap = max(0, swap-*m.Limit)
		}
		p.amount("MemorySwapMax", swap)
	} else if lifted(m) {
		p.amount("MemorySwapMax", -1)
	}
}

func (p *props) cpu(c *specs.LinuxCPU, period uint64) {
	if c == nil {
		return
	}
	if c.Shares != nil && *c.Shares != 0 && (c.Idle == nil || *c.Idle == 0) {
		p.add("CPUWeight", systemd.Number(weight(*c.Shares)))
	}
	quota := int64(0)
	if c.Quota != nil {
		quota = *c.Quota
	}
	if c.Period != nil && *c.Period != 0 {
		period = *c.Period
	}
	if quota != 0 || c.Period != nil && *c.Period != 0 {
		p.quota(quota, period)
	}
	p.set("AllowedCPUs", c.Cpus)
	p.set("AllowedMemoryNodes", c.Mems)
}

// quota: systemd counts in whole percents and would cut the rest off.
func (p *props) quota(quota int64, period uint64) {
	p.add("CPUQuotaPeriodUSec", systemd.Number(period))
	if quota <= 0 || period == 0 {
		p.amount("CPUQuotaPerSecUSec", -1)
		return
	}
	const percent = 10000
	us := (uint64(quota)*1000000/period + percent - 1) / percent * percent
	p.add("CPUQuotaPerSecUSec", systemd.Number(us))
}

// set is a list of numbers as bits.
func (p *props) set(name, text string) {
	if text == "" {
		return
	}
	bits := []byte{}
	for _, part := range strings.Split(strings.TrimSpace(text), ",") {
		low, high, both := strings.Cut(part, "-")
		first, err := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
		last := first
		if both && err == nil {
			last, err = strconv.ParseUint(strings.TrimSpace(high), 10, 16)
		}
		if err != nil || last < first {
			p.err = fail.Spec("/linux/resources/cpu", "have %q, need a list like 0-3,7", text)
			return
		}
		for n := first; n <= last; n++ {
			for len(bits) <= int(n/8) {
				bits = append(bits, 0)
			}
			bits[n/8] |= 1 << (n % 8)
		}
	}
	p.add(name, systemd.Bytes(bits))
}

func (p *props) block(b *specs.LinuxBlockIO) {
	if b == nil {
		return
	}
	if b.Weight != nil && *b.Weight != 0 {
		n, _ := strconv.ParseUint(ioWeight(*b.Weight), 10, 64)
		p.add("IOWeight", systemd.Number(n))
	}
	for _, d := range b.WeightDevice {
		if d.Weight != nil {
			n, _ := strconv.ParseUint(ioWeight(*d.Weight), 10, 64)
			p.onDevice("IODeviceWeight", d.Major, d.Minor, n)
		}
	}
	for name, list := range map[string][]specs.LinuxThrottleDevice{
		"IOReadBandwidthMax": b.ThrottleReadBpsDevice, "IOWriteBandwidthMax": b.ThrottleWriteBpsDevice,
		"IOReadIOPSMax": b.ThrottleReadIOPSDevice, "IOWriteIOPSMax": b.ThrottleWriteIOPSDevice,
	} {
		for _, d := range list {
			p.onDevice(name, d.Major, d.Minor, d.Rate)
		}
	}
}

func (p *props) onDevice(name string, major, minor int64, n uint64) {
	p.add(name, systemd.Pairs("(st)", [2]systemd.Value{systemd.String("/dev/block/" + device(major, minor)), systemd.Number(n)}))
}

// unified takes the files that systemd writes too.
func (p *props) unified(file, text string) {
	name := map[string]string{
		"memory.max": "MemoryMax", "memory.high": "MemoryHigh", "memory.low": "MemoryLow", "memory.min": "MemoryMin",
		"memory.swap.max": "MemorySwapMax", "pids.max": "TasksMax", "cpu.weight": "CPUWeight",
	}[file]
	switch {
	case name != "":
		if text == "max" {
			p.amount(name, -1)
		} else if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			p.add(name, systemd.Number(n))
		} // else the kernel may read it: 64M
	case file == "cpu.max":
		word, rest, _ := strings.Cut(text, " ")
		period, err := strconv.ParseUint(rest, 10, 64)
		if err != nil {
			period = 100000
		}
		quota, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			quota = -1
		}
		p.quota(quota, period)
	case file == "cpuset.cpus":
		p.set("AllowedCPUs", text)
	case file == "cpuset.mems":
		p.set("AllowedMemoryNodes", text)
	}
}

// devices: both programs, systemd's and ours, have to agree, and its words say
// less. So it gets all that is allowed after the last rule for everything, and
// ours takes away the rest.
func (p *props) devices(rules []specs.LinuxDeviceCgroup) {
	if len(rules) == 0 {
		return
	}
	var allowed [][2]systemd.Value
	open := false
	for _, r := range effective(whole(rules)) {
		all := r.Type == "a" && star(r.Major) == "*" && star(r.Minor) == "*"
		switch {
		case all && access(r.Access) == 7:
			open, allowed = r.Allow, nil
		case r.Allow:
			for _, node := range nodes(r) {
				word := r.Access
				if word == "" {
					word = "rwm"
				}
				allowed = append(allowed, [2]systemd.Value{systemd.String(node), systemd.String(word)})
			}
		}
	}
	p.add("DeviceAllow", systemd.Pairs("(ss)")) // or the next ones are added to the old
	if open {
		p.add("DevicePolicy", systemd.String("auto"))
		return
	}
	p.add("DevicePolicy", systemd.String("strict"))
	p.add("DeviceAllow", systemd.Pairs("(ss)", allowed...))
}

// nodes are the devices of a rule as DeviceAllow names them.
func nodes(r specs.LinuxDeviceCgroup) []string {
	var list []string
	for kind, word := range map[string]string{"c": "char", "b": "block"} {
		if r.Type == kind || r.Type == "a" {
			list = append(list, node(word, star(r.Major), star(r.Minor)))
		}
	}
	return list
}

func node(word, major, minor string) string {
	switch {
	case major == "*":
		return word + "-*"
	case minor == "*":
		return word + "-" + driver(word, major)
	}
	return "/dev/" + word + "/" + major + ":" + minor
}

// driver is the name of a major number, which all versions of systemd take; a
// number itself only newer ones do.
func driver(word, major string) string {
	text, err := os.ReadFile("/proc/devices")
	if err != nil {
		return major
	}
	in := false
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if strings.HasSuffix(strings.TrimSpace(line), " devices:") {
			in = strings.HasPrefix(strings.ToLower(line), word[:4])
		} else if in && len(f) == 2 && f[0] == major {
			return f[1]
		}
	}
	return major
}
