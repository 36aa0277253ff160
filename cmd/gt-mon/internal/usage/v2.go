package usage

import (
	"strconv"
	"strings"
)

func (g *Group) readV2(s *Sample) {
	dir := g.dirs[""]
	if t := table(dir, "cpu.stat"); len(t) > 0 {
		s.CPU = &CPU{
			Total: t["usage_usec"], User: t["user_usec"], System: t["system_usec"],
			Periods: t["nr_periods"], Throttled: t["nr_throttled"], ThrottledTime: t["throttled_usec"],
		}
		if f := strings.Fields(text(dir, "cpu.max")); len(f) == 2 {
			s.CPU.Quota, _ = strconv.ParseUint(f[0], 10, 64) // max: none
			s.CPU.Period, _ = strconv.ParseUint(f[1], 10, 64)
		}
	}
	if used, ok := number(dir, "memory.current"); ok {
		t, e := table(dir, "memory.stat"), table(dir, "memory.events")
		m := &Memory{Usage: used, Cache: t["file"], RSS: t["anon"], Inactive: t["inactive_file"], Kernel: t["kernel"], Failures: e["max"]}
		m.Peak, _ = number(dir, "memory.peak")
		m.Limit, _ = number(dir, "memory.max")
		m.Swap, _ = number(dir, "memory.swap.current")
		s.Memory, s.OOMKills, s.OOMOwn = m, e["oom_kill"], e["oom"]
	}
	s.IO = map[string]*IO{}
	for line := range strings.Lines(text(dir, "io.stat")) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		d := device(s.IO, f[0])
		at := map[string]*uint64{"rbytes": &d.ReadBytes, "wbytes": &d.WriteBytes, "rios": &d.Reads, "wios": &d.Writes}
		for _, pair := range f[1:] {
			key, value, _ := strings.Cut(pair, "=")
			if p := at[key]; p != nil {
				*p, _ = strconv.ParseUint(value, 10, 64)
			}
		}
	}
}

// pressure reads "some avg10=0.00 avg60=0.00 avg300=0.00 total=0".
func pressure(dir, file string) *Pressure {
	lines := text(dir, file)
	if lines == "" {
		return nil
	}
	p := &Pressure{}
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		for _, pair := range f {
			key, value, _ := strings.Cut(pair, "=")
			total, share := &p.Some, &p.Some10
			if f[0] == "full" {
				total, share = &p.Full, &p.Full10
			}
			switch key {
			case "total":
				*total, _ = strconv.ParseUint(value, 10, 64)
			case "avg10":
				*share, _ = strconv.ParseFloat(value, 64)
			}
		}
	}
	return p
}

// network reads proc_pid_net(5), "dev".
func network(pid int) map[string]*Net {
	list := map[string]*Net{}
	if pid == 0 {
		return list
	}
	for line := range strings.Lines(text("/proc/"+strconv.Itoa(pid)+"/net", "dev")) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		f := strings.Fields(rest)
		if !ok || name == "lo" || len(f) < 16 {
			continue
		}
		n := &Net{}
		for i, p := range []*uint64{
			&n.ReceiveBytes, &n.ReceivePackets, &n.ReceiveErrors, &n.ReceiveDropped, nil, nil, nil, nil,
			&n.TransmitBytes, &n.TransmitPackets, &n.TransmitErrors, &n.TransmitDropped,
		} {
			if p != nil {
				*p, _ = strconv.ParseUint(f[i], 10, 64)
			}
		}
		list[name] = n
	}
	return list
}
