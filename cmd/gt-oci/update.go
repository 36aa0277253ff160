package main

import (
	"io"
	"os"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func update(o *tool.Options) func(*tool.Call) error {
	var file string
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}, BlockIO: &specs.LinuxBlockIO{}}
	o.String(&file, "resources", 'r', "FILE", "take all limits from a JSON file, - is stdin")
	number := func(set func(int64), name, help string) {
		o.Func(func(v string) error {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return fail.Usage("have %q, need a whole number", v)
			}
			set(n)
			return nil
		}, name, 0, "N", help)
	}
	number(func(n int64) { r.Memory.Limit = &n }, "memory", "memory limit in bytes, -1 is none")
	number(func(n int64) { r.Memory.Reservation = &n }, "memory-reservation", "soft memory limit in bytes")
	number(func(n int64) { r.Memory.Swap = &n }, "memory-swap", "memory and swap in bytes, -1 is no limit")
	number(func(n int64) { r.CPU.Quota = &n }, "cpu-quota", "microseconds of CPU time a period")
	number(func(n int64) { r.CPU.Period = unsigned(n) }, "cpu-period", "microseconds of a period")
	number(func(n int64) { r.CPU.Shares = unsigned(n) }, "cpu-share", "weight, 2 to 262144")
	number(func(n int64) { r.CPU.Burst = unsigned(n) }, "cpu-burst", "microseconds that may be saved up")
	number(func(n int64) { r.CPU.RealtimePeriod = unsigned(n) }, "cpu-rt-period", "microseconds of a realtime period")
	number(func(n int64) { r.CPU.RealtimeRuntime = &n }, "cpu-rt-runtime", "microseconds of realtime a period")
	number(func(n int64) { r.CPU.Idle = &n }, "cpu-idle", "1 for the idle scheduling class")
	number(func(n int64) { r.Pids = &specs.LinuxPids{Limit: &n} }, "pids-limit", "number of processes, -1 is no limit")
	number(func(n int64) { w := uint16(n); r.BlockIO.Weight = &w }, "blkio-weight", "weight, 10 to 1000")
	o.String(&r.CPU.Cpus, "cpuset-cpus", 0, "LIST", "CPUs, as 0-3,7")
	o.String(&r.CPU.Mems, "cpuset-mems", 0, "LIST", "memory nodes")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if file != "" {
			raw, err := readAll(c, file)
			if err != nil {
				return err
			}
			if r, err = spec.DecodeResources(raw); err != nil {
				return &fail.Error{Path: file, Cause: err}
			}
		}
		return rt.Update(c.Args[0], r)
	}
}

func unsigned(n int64) *uint64 {
	u := uint64(max(n, 0))
	return &u
}

func readAll(c *tool.Call, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(c.Stdin, spec.MaxSize))
	}
	return os.ReadFile(file)
}
