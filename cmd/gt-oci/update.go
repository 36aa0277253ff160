package main

import (
	"io"
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func update(o *tool.Options) func(*tool.Call) error {
	var file string
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}, BlockIO: &specs.LinuxBlockIO{}}
	o.String(&file, "resources", 'r', "FILE", "take all limits from a JSON file, - is stdin, and ignore the options below")
	memoryOptions(o, r.Memory)
	cpuOptions(o, r.CPU)
	optional(o, func(v *int64) { r.Pids = &specs.LinuxPids{Limit: v} }, "pids-limit", "number of processes, -1 is no limit")
	optional(o, func(v *uint16) { r.BlockIO.Weight = v }, "blkio-weight", "weight, 10 to 1000")
	var class specs.LinuxIntelRdt
	o.String(&class.L3CacheSchema, "l3-cache-schema", 0, "SCHEMA", "Intel RDT's share of the cache, as L3:0=ff;1=ff")
	o.String(&class.MemBwSchema, "mem-bw-schema", 0, "SCHEMA", "Intel RDT's share of the memory's bandwidth, as MB:0=50")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if err := spec.CheckRdt("/linux/intelRdt", &class); err != nil {
			return err
		}
		if file == "" {
			if err := spec.CheckResources("/linux/resources", r); err != nil {
				return err
			}
			return rt.Update(c.Args[0], r, &class)
		}
		raw, err := fileText(c, file)
		if err != nil {
			return err
		}
		if r, err = spec.DecodeResources(raw); err == nil {
			err = spec.CheckResources("", r)
		}
		if err != nil {
			return &fail.Error{Path: file, Cause: err}
		}
		return rt.Update(c.Args[0], r, &class)
	}
}

func memoryOptions(o *tool.Options, m *specs.LinuxMemory) {
	size := func(to **int64, name, help string) {
		o.Func(func(v string) error {
			n, ok := parseBytes(v)
			if !ok {
				return fail.Usage("have %q, need bytes such as 67108864 or 64m, or -1", v)
			}
			*to = &n
			return nil
		}, name, 0, "BYTES", help)
	}
	size(&m.Limit, "memory", "memory limit, -1 is none; k, m, g, t may follow the number")
	size(&m.Reservation, "memory-reservation", "soft memory limit")
	size(&m.Swap, "memory-swap", "memory and swap, -1 is no limit")
}

func cpuOptions(o *tool.Options, c *specs.LinuxCPU) {
	optional(o, func(v *int64) { c.Quota = v }, "cpu-quota", "microseconds of CPU time a period")
	optional(o, func(v *uint64) { c.Period = v }, "cpu-period", "microseconds of a period")
	optional(o, func(v *uint64) { c.Shares = v }, "cpu-share", "weight, 2 to 262144")
	optional(o, func(v *uint64) { c.Burst = v }, "cpu-burst", "microseconds that may be saved up")
	optional(o, func(v *uint64) { c.RealtimePeriod = v }, "cpu-rt-period", "microseconds of a realtime period")
	optional(o, func(v *int64) { c.RealtimeRuntime = v }, "cpu-rt-runtime", "microseconds of realtime a period")
	optional(o, func(v *int64) { c.Idle = v }, "cpu-idle", "1 for the idle scheduling class")
	o.String(&c.Cpus, "cpuset-cpus", 0, "LIST", "CPUs, as 0-3,7")
	o.String(&c.Mems, "cpuset-mems", 0, "LIST", "memory nodes")
}

// optional declares a number that stays unset if it is not given.
func optional[T int64 | uint64 | uint16](o *tool.Options, set func(*T), name, help string) {
	need := "a whole number"
	if most := ^T(0); most > 0 {
		need += " from 0 to " + strconv.FormatUint(uint64(most), 10)
	}
	o.Func(func(text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		v := T(n)
		if err != nil || int64(v) != n || (n < 0) != (v < 0) {
			return fail.Usage("have %q, need %s", text, need)
		}
		set(&v)
		return nil
	}, name, 0, "N", help)
}

// parseBytes reads a number that a unit of 1024 may follow.
func parseBytes(text string) (n int64, ok bool) {
	digits := strings.TrimSuffix(strings.ToLower(text), "b")
	shift := 0
	for i, unit := range []string{"k", "m", "g", "t"} {
		if short, ok := strings.CutSuffix(digits, unit); ok {
			digits, shift = short, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n << shift, err == nil && n<<shift>>shift == n && (n >= 0 || text == "-1")
}

func fileText(c *tool.Call, file string) ([]byte, error) {
	f := c.Stdin
	if file != "-" {
		var err error
		if f, err = os.Open(file); err != nil {
			return nil, err
		}
		defer f.Close()
	}
	raw, err := io.ReadAll(io.LimitReader(f, spec.MaxSize+1))
	if err == nil && len(raw) > spec.MaxSize {
		err = fail.New(fail.CodeInput, "%s: has more than %d bytes, need less", file, spec.MaxSize)
	}
	return raw, err
}
