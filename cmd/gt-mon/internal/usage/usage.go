// Package usage reads what a container uses: from its cgroups, v1 or v2, and from
// /proc of its first process.
package usage

import (
	"os"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/state"
)

// A Sample is the use at one moment. What this host does not count is absent: a
// pointer that is nil, a map without the key.
type Sample struct {
	CPU       *CPU
	Memory    *Memory
	Pids      *Pids
	IO        map[string]*IO       // by device, major:minor
	Pressure  map[string]*Pressure // cpu, memory, io
	Net       map[string]*Net      // by interface, without lo
	OOMKills  uint64
	OOMOwn    uint64 // times its own limit made the kernel kill
	Files     int    // open descriptors of all its processes; -1 if not asked for
	FileLimit uint64 // of the first process
}

// CPU is in microseconds.
type CPU struct {
	Total, User, System uint64
	Periods             uint64
	Throttled           uint64 // periods
	ThrottledTime       uint64
	Quota, Period       uint64 // 0: no limit
}

// Memory is in bytes; a limit of 0 is none.
type Memory struct {
	Usage, Peak, Limit, Swap, Cache, RSS, Inactive, Kernel, Failures uint64
}

// Working is what cannot be taken back easily, as cAdvisor counts it.
func (m *Memory) Working() uint64 {
	if m.Inactive > m.Usage {
		return 0
	}
	return m.Usage - m.Inactive
}

// Pids counts processes and threads; a limit of 0 is none.
type Pids struct{ Current, Limit, Refused uint64 }

// IO counts bytes and operations.
type IO struct{ ReadBytes, WriteBytes, Reads, Writes uint64 }

// Pressure is the time in microseconds that some, or all, processes waited, and
// the share of the last ten seconds in percent.
type Pressure struct {
	Some, Full     uint64
	Some10, Full10 float64
}

// Net is counted inside.
type Net struct {
	ReceiveBytes, ReceivePackets, ReceiveErrors, ReceiveDropped     uint64
	TransmitBytes, TransmitPackets, TransmitErrors, TransmitDropped uint64
}

// A Group is the cgroups of a container.
type Group struct {
	mode string
	dirs map[string]string
	pid  int
}

// Of finds the cgroups of a container.
func Of(s *state.State) *Group { return &Group{s.CgroupMode, s.Cgroups, s.Pid} }

// Pid is the first process.
func (g *Group) Pid() int { return g.pid }

// Dir is the directory of a controller, "" if there is none.
func (g *Group) Dir(controller string) string {
	if g.mode == "v2" {
		return g.dirs[""]
	}
	for names, dir := range g.dirs {
		for name := range strings.SplitSeq(names, ",") {
			if name == controller {
				return dir
			}
		}
	}
	return ""
}

// V2 tells whether the controllers are cgroup2's.
func (g *Group) V2() bool { return g.mode == "v2" }

// Read takes a sample.
func (g *Group) Read() *Sample {
	s := &Sample{Files: -1, Pressure: map[string]*Pressure{}}
	if g.V2() {
		g.readV2(s)
	} else {
		g.readV1(s)
	}
	for _, kind := range []string{"cpu", "memory", "io"} {
		dir := g.dirs[""]
		if p := pressure(dir, kind+".pressure"); p != nil {
			s.Pressure[kind] = p
		}
	}
	if pids, ok := number(g.Dir("pids"), "pids.current"); ok {
		s.Pids = &Pids{Current: pids}
		s.Pids.Limit, _ = number(g.Dir("pids"), "pids.max")
		s.Pids.Refused = table(g.Dir("pids"), "pids.events")["max"]
	}
	s.Net = network(g.pid)
	return s
}

// CountFiles adds the open descriptors, which takes a look at each process.
func (g *Group) CountFiles(s *Sample) {
	s.Files = 0
	for _, pid := range g.Processes() {
		names, err := os.ReadDir("/proc/" + pid + "/fd")
		if err == nil {
			s.Files += len(names)
		}
	}
	for line := range strings.Lines(text("/proc/"+strconv.Itoa(g.pid), "limits")) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				s.FileLimit, _ = strconv.ParseUint(f[0], 10, 64)
			}
		}
	}
}

// Processes are the PIDs in the container's cgroup.
func (g *Group) Processes() []string {
	for _, dir := range []string{g.Dir("pids"), g.Dir("memory"), g.Dir("cpu"), g.Dir("devices"), g.dirs[""]} {
		if dir != "" {
			return strings.Fields(text(dir, "cgroup.procs"))
		}
	}
	return nil
}

func text(dir, file string) string {
	if dir == "" {
		return ""
	}
	b, err := os.ReadFile(dir + "/" + file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// number reads one number; "max", no limit of v1 and a missing file are none.
func number(dir, file string) (uint64, bool) {
	v, err := strconv.ParseUint(text(dir, file), 10, 64)
	if err != nil || v >= 1<<62 {
		return 0, false
	}
	return v, true
}

func table(dir, file string) map[string]uint64 {
	m := map[string]uint64{}
	for line := range strings.Lines(text(dir, file)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseUint(value, 10, 64); err == nil {
			m[key] = v
		}
	}
	return m
}
