package main

import (
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/limit"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Resources are the options that limit.
type Resources struct {
	Mem               string   `placeholder:"SIZE" help:"Memory limit in megabytes, or with a unit: 512m, 1.5g."`
	Memory            string   `short:"m" placeholder:"SIZE" help:"Memory limit in bytes, or with a unit."`
	MemorySwap        string   `placeholder:"SIZE" help:"Memory and swap together; -1 is no limit."`
	MemoryReservation string   `placeholder:"SIZE" help:"Soft limit of memory."`
	CPU               string   `name:"cpu" placeholder:"NUMBER" help:"Processors: 0.5 is half of one."`
	CPUs              string   `name:"cpus" placeholder:"NUMBER" help:"The same as --cpu."`
	CPUShares         *uint64  `name:"cpu-shares" placeholder:"NUMBER" help:"Weight against others, 2 to 262144."`
	CpusetCpus        string   `name:"cpuset-cpus" placeholder:"LIST" help:"Processors by number: 0-2,4."`
	CpusetMems        string   `name:"cpuset-mems" placeholder:"LIST" help:"Memory nodes by number."`
	Pids              *int64   `placeholder:"NUMBER" help:"Most processes and threads at a time."`
	PidsLimit         *int64   `placeholder:"NUMBER" help:"The same; -1 is no limit."`
	IOWeight          *uint16  `name:"io-weight" aliases:"blkio-weight" placeholder:"NUMBER" help:"Weight of I/O, 10 to 1000."`
	IOReadBps         []string `name:"io-read-bps" aliases:"device-read-bps" sep:"none" placeholder:"DEVICE:RATE" help:"Most bytes a second read of a device."`
	IOWriteBps        []string `name:"io-write-bps" aliases:"device-write-bps" sep:"none" placeholder:"DEVICE:RATE" help:"Most bytes a second written."`
	IOReadIops        []string `name:"io-read-iops" aliases:"device-read-iops" sep:"none" placeholder:"DEVICE:RATE" help:"Most reads a second."`
	IOWriteIops       []string `name:"io-write-iops" aliases:"device-write-iops" sep:"none" placeholder:"DEVICE:RATE" help:"Most writes a second."`
	Ulimit            []string `sep:"none" placeholder:"NAME=SOFT[:HARD]" help:"Limit of a process: nofile=1024:4096."`
	OomScoreAdj       *int     `placeholder:"NUMBER" help:"How soon the kernel kills it for memory, -1000 to 1000."`
	ShmSize           string   `placeholder:"SIZE" help:"Size of /dev/shm (64m)."`
}

// apply turns the options into limits of the spec.
func (r *Resources) apply(w *wish) error {
	for _, step := range []func(*wish) error{r.memory, r.cpu, r.pids, r.devices, r.rlimits} {
		if err := step(w); err != nil {
			return err
		}
	}
	if r.OomScoreAdj != nil && (*r.OomScoreAdj < -1000 || *r.OomScoreAdj > 1000) {
		return fail.Usage("--oom-score-adj: have %d, need -1000 to 1000", *r.OomScoreAdj)
	}
	w.OOMScore = r.OomScoreAdj
	if r.ShmSize != "" {
		n, err := limit.Size(r.ShmSize, limit.Bytes)
		if err != nil {
			return fail.Usage("--shm-size: %w", err)
		}
		w.Shm = n
	}
	return nil
}

// one refuses two names of the same limit.
func one(a, b, names string) (string, error) {
	if a != "" && b != "" {
		return "", fail.Usage("%s are both there, need one", names)
	}
	return a + b, nil
}

func (r *Resources) memory(w *wish) (err error) {
	if _, err := one(r.Mem, r.Memory, "--mem and --memory"); err != nil {
		return err
	}
	if r.Mem != "" {
		if w.Memory, err = limit.Memory(r.Mem); err != nil {
			return fail.Usage("--mem: %w", err)
		}
	}
	if r.Memory != "" {
		if w.Memory, err = limit.Size(r.Memory, limit.Bytes); err != nil {
			return fail.Usage("--memory: %w", err)
		}
	}
	switch r.MemorySwap {
	case "":
	case "-1":
		w.Swap = -1
	default:
		if w.Swap, err = limit.Size(r.MemorySwap, limit.Bytes); err != nil {
			return fail.Usage("--memory-swap: %w", err)
		}
		if w.Memory == 0 || w.Swap < w.Memory {
			return fail.Usage("--memory-swap: have %s, need memory and swap together, and --memory or --mem no larger", r.MemorySwap)
		}
	}
	if r.MemoryReservation != "" {
		if w.Reservation, err = limit.Size(r.MemoryReservation, limit.Bytes); err != nil {
			return fail.Usage("--memory-reservation: %w", err)
		}
	}
	return nil
}

func (r *Resources) cpu(w *wish) error {
	text, err := one(r.CPU, r.CPUs, "--cpu and --cpus")
	if err != nil {
		return err
	}
	if text != "" {
		if w.CPU, err = limit.CPU(text); err != nil {
			return fail.Usage("--cpu: %w", err)
		}
	}
	if r.CPUShares != nil {
		if n := *r.CPUShares; n < 2 || n > 262144 {
			return fail.Usage("--cpu-shares: have %d, need 2 to 262144", n)
		}
		w.Shares = *r.CPUShares
	}
	for name, list := range map[string]string{"--cpuset-cpus": r.CpusetCpus, "--cpuset-mems": r.CpusetMems} {
		if strings.Trim(list, "0123456789,-") != "" {
			return fail.Usage("%s: have %q, need numbers and ranges as 0-2,4", name, list)
		}
	}
	w.Cpus, w.Mems = r.CpusetCpus, r.CpusetMems
	return nil
}

func (r *Resources) pids(w *wish) error {
	if r.Pids != nil && r.PidsLimit != nil {
		return fail.Usage("--pids and --pids-limit are both there, need one")
	}
	for _, p := range []*int64{r.Pids, r.PidsLimit} {
		switch {
		case p == nil:
		case p == r.PidsLimit && *p == -1:
		case *p < 1:
			return fail.Usage("--pids: have %d, need at least 1", *p)
		default:
			w.Pids = *p
		}
	}
	return nil
}

// devices reads DEVICE:RATE.
func (r *Resources) devices(w *wish) error {
	b := &w.BlockIO
	if r.IOWeight != nil {
		if *r.IOWeight < 10 || *r.IOWeight > 1000 {
			return fail.Usage("--io-weight: have %d, need 10 to 1000", *r.IOWeight)
		}
		b.Weight = r.IOWeight
	}
	for _, l := range []struct {
		name string
		list []string
		to   *[]specs.LinuxThrottleDevice
	}{
		{"--io-read-bps", r.IOReadBps, &b.ThrottleReadBpsDevice},
		{"--io-write-bps", r.IOWriteBps, &b.ThrottleWriteBpsDevice},
		{"--io-read-iops", r.IOReadIops, &b.ThrottleReadIOPSDevice},
		{"--io-write-iops", r.IOWriteIops, &b.ThrottleWriteIOPSDevice},
	} {
		for _, text := range l.list {
			d, err := throttle(text)
			if err != nil {
				return fail.Usage("%s: %w", l.name, err)
			}
			*l.to = append(*l.to, d)
		}
	}
	return nil
}

func throttle(text string) (d specs.LinuxThrottleDevice, err error) {
	i := strings.LastIndexByte(text, ':')
	if i < 1 {
		return d, fail.Usage("have %q, need DEVICE:RATE", text)
	}
	var st unix.Stat_t
	if err := unix.Stat(text[:i], &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return d, fail.Usage("%s is no block device", text[:i])
	}
	rate, err := limit.Size(text[i+1:], limit.Bytes)
	if err != nil {
		return d, err
	}
	d.Major, d.Minor, d.Rate = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev)), uint64(rate)
	return d, nil
}

// rlimits reads NAME=SOFT[:HARD] by the names of docker's --ulimit.
func (r *Resources) rlimits(w *wish) error {
	for _, text := range r.Ulimit {
		name, value, _ := strings.Cut(text, "=")
		kind := "RLIMIT_" + strings.ToUpper(name)
		soft, hard, two := strings.Cut(value, ":")
		if !two {
			hard = soft
		}
		s, serr := rlimit(soft)
		h, herr := rlimit(hard)
		if !rlimitNames[kind] || serr != nil || herr != nil || s > h {
			return fail.Usage("--ulimit: have %q, need NAME=SOFT[:HARD] as nofile=1024:4096", text)
		}
		w.Rlimits = append(w.Rlimits, specs.POSIXRlimit{Type: kind, Soft: s, Hard: h})
	}
	return nil
}

func rlimit(text string) (uint64, error) {
	if text == "-1" || text == "unlimited" {
		return ^uint64(0), nil
	}
	return strconv.ParseUint(text, 10, 64)
}

var rlimitNames = map[string]bool{
	"RLIMIT_AS": true, "RLIMIT_CORE": true, "RLIMIT_CPU": true, "RLIMIT_DATA": true, "RLIMIT_FSIZE": true, "RLIMIT_LOCKS": true,
	"RLIMIT_MEMLOCK": true, "RLIMIT_MSGQUEUE": true, "RLIMIT_NICE": true, "RLIMIT_NOFILE": true, "RLIMIT_NPROC": true,
	"RLIMIT_RSS": true, "RLIMIT_RTPRIO": true, "RLIMIT_RTTIME": true, "RLIMIT_SIGPENDING": true, "RLIMIT_STACK": true,
}
