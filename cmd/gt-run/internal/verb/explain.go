package verb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// explain tells a person what a container may do, and how it ended.
func explain(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		ct, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		s, err := ct.Spec()
		if err != nil {
			return err
		}
		var b strings.Builder
		say := func(what, format string, args ...any) {
			fmt.Fprintf(&b, "%-14s%s\n", what, fmt.Sprintf(format, args...))
		}
		say("container", "%s, %s", ct.ID, words(line(ct), ct))
		if ct.Live() {
			if err := now(c, ct.ID, s); err != nil {
				return err
			}
		}
		explainProcess(s, say)
		explainLinux(s, say)
		explainEnd(ct, say)
		return c.Print([]byte(b.String()))
	}
}

// now puts the limits that hold in place of those that the container began with.
func now(c *tool.Call, id string, s *specs.Spec) error {
	if s.Linux == nil {
		return nil
	}
	text, err := call(c, "gt-mon", "stats", "--format", "json", id)
	if err != nil {
		return err
	}
	var has struct {
		CPU          struct{ Quota, Period uint64 }
		Memory, Pids struct{ Limit int64 }
	}
	if err := json.Unmarshal(text, &has); err != nil {
		return err
	}
	r := &specs.LinuxResources{}
	if n := has.Memory.Limit; n > 0 {
		r.Memory = &specs.LinuxMemory{Limit: &n}
	}
	if n := int64(has.CPU.Quota); n > 0 {
		r.CPU = &specs.LinuxCPU{Quota: &n, Period: &has.CPU.Period}
	}
	if n := has.Pids.Limit; n > 0 {
		r.Pids = &specs.LinuxPids{Limit: &n}
	}
	s.Linux.Resources = r
	return nil
}

type sayer = func(what, format string, args ...any)

func explainProcess(s *specs.Spec, say sayer) {
	p := s.Process
	if p == nil {
		return
	}
	say("runs", "%s", strings.Join(p.Args, " "))
	say("as", "user %d, group %d", p.User.UID, p.User.GID)
	var held []string
	if p.Capabilities != nil {
		held = p.Capabilities.Bounding
	}
	var more []string
	for _, name := range held {
		if !slices.Contains(config.Usual(), name) {
			more = append(more, name)
		}
	}
	say("capabilities", "%d of the machine's 41%s", len(held), list(", more than usual: ", more))
	if p.NoNewPrivileges {
		say("", "setuid programs gain nothing")
	}
}

func list(before string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return before + strings.Join(names, " ")
}

func explainLinux(s *specs.Spec, say sayer) {
	l := s.Linux
	if l == nil {
		return
	}
	var own, shared []string
	for _, kind := range []specs.LinuxNamespaceType{"pid", "network", "ipc", "uts", "mount", "cgroup", "user"} {
		i := slices.IndexFunc(l.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
		switch {
		case i < 0:
			shared = append(shared, string(kind))
		case l.Namespaces[i].Path == "":
			own = append(own, string(kind))
		default:
			own = append(own, string(kind)+" (of "+l.Namespaces[i].Path+")")
		}
	}
	say("namespaces", "%s%s", strings.Join(own, " "), list("; the host's: ", shared))
	if l.Seccomp == nil {
		say("system calls", "all: there is no filter")
	} else {
		say("system calls", "filtered, %d rules, else %s", len(l.Seccomp.Syscalls), l.Seccomp.DefaultAction)
	}
	say("hidden", "%d paths; %d read-only", len(l.MaskedPaths), len(l.ReadonlyPaths))
	explainLimits(l.Resources, say)
	for _, m := range s.Mounts {
		if slices.Contains(m.Options, "bind") || slices.Contains(m.Options, "rbind") {
			mode := "writable"
			if slices.Contains(m.Options, "ro") {
				mode = "read-only"
			}
			say("sees", "%s of the host as %s, %s", m.Source, m.Destination, mode)
		}
	}
}

func explainLimits(r *specs.LinuxResources, say sayer) {
	if r == nil {
		r = &specs.LinuxResources{}
	}
	memory, cpu, pids := "no limit", "no limit", "no limit"
	if r.Memory != nil && r.Memory.Limit != nil {
		memory = fmt.Sprintf("%d MB", *r.Memory.Limit>>20)
	}
	if r.CPU != nil && r.CPU.Quota != nil && r.CPU.Period != nil && *r.CPU.Quota > 0 {
		cpu = fmt.Sprintf("%.2f processors", float64(*r.CPU.Quota)/float64(*r.CPU.Period))
	}
	if r.Pids != nil && r.Pids.Limit != nil && *r.Pids.Limit > 0 {
		pids = fmt.Sprintf("%d", *r.Pids.Limit)
	}
	say("memory", "%s", memory)
	say("cpu", "%s", cpu)
	say("processes", "%s", pids)
}

func explainEnd(ct *roster.Container, say sayer) {
	x := ct.Exit
	if x == nil || ct.Live() {
		return
	}
	text := fmt.Sprintf("with code %d", x.Code)
	switch x.Reason {
	case "oom":
		text = "killed for memory: its own limit was hit"
		if x.OOM.Level == "host" {
			text = "killed for memory: a limit above its own was hit, or the machine had none left"
		}
	case "signaled":
		text = "by signal " + x.Signal
	case "stopped":
		text = fmt.Sprintf("since somebody stopped it, with code %d", x.Code)
	case "failed":
		text = "before it began: " + x.Message
	case "unknown":
		text = "while nobody watched"
	case "reboot":
		text = "when the machine went down"
	}
	say("ended", "%s", text)
	say("memory peak", "%d MB", x.Peak>>20)
}
