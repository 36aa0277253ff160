package verb

import (
	"strconv"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/limit"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// update hands limits to gt-oci in its units.
func update(o *tool.Options) func(*tool.Call) error {
	var args []string
	give := func(name string) func(string) error {
		return func(v string) error {
			args = append(args, "--"+name, v)
			return nil
		}
	}
	bytes := func(name string, plain limit.Unit) func(string) error {
		return func(v string) error {
			n, err := limit.Size(v, plain)
			if err != nil {
				return err
			}
			return give(name)(strconv.FormatInt(n, 10))
		}
	}
	cpu := func(v string) error {
		quota, err := limit.CPU(v)
		if err != nil {
			return err
		}
		args = append(args, "--cpu-period", strconv.Itoa(limit.Period), "--cpu-quota", strconv.FormatInt(quota, 10))
		return nil
	}
	o.Func(bytes("memory", limit.Megabytes), "mem", 0, "SIZE", "memory limit; a plain number counts megabytes")
	o.Func(bytes("memory", limit.Bytes), "memory", 'm', "SIZE", "memory limit; a plain number counts bytes")
	o.Func(bytes("memory-swap", limit.Bytes), "memory-swap", 0, "SIZE", "memory and swap")
	o.Func(bytes("memory-reservation", limit.Bytes), "memory-reservation", 0, "SIZE", "soft limit")
	o.Func(cpu, "cpu", 0, "NUMBER", "processors")
	o.Func(cpu, "cpus", 0, "NUMBER", "processors")
	o.Func(give("cpu-share"), "cpu-shares", 0, "NUMBER", "weight")
	o.Func(give("cpuset-cpus"), "cpuset-cpus", 0, "LIST", "processors by number")
	o.Func(give("cpuset-mems"), "cpuset-mems", 0, "LIST", "memory nodes by number")
	o.Func(give("pids-limit"), "pids", 0, "NUMBER", "most processes and threads")
	o.Func(give("pids-limit"), "pids-limit", 0, "NUMBER", "most processes and threads")
	return func(c *tool.Call) error {
		if len(args) == 0 {
			return fail.Usage("have no limit, need one")
		}
		return each(c, func(id string) error { return said(call(c, "gt-oci", append([]string{"update", id}, args...)...)) })
	}
}
