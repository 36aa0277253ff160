package spec

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// nobody is the number that tells the kernel to leave an ID as it is: a process
// that asked for it would stay root (CVE-2024-40635).
const nobody = 1<<32 - 1

func (c *checker) process(at string, p *specs.Process) {
	if len(p.Args) == 0 || p.Args[0] == "" {
		c.refuse(at+"/args", "have none, need the program and its arguments")
	}
	c.plains(at+"/args", p.Args)
	c.absolute(at+"/cwd", p.Cwd)
	for i, e := range p.Env {
		if name, _, ok := strings.Cut(e, "="); !ok || name == "" || strings.ContainsRune(e, 0) {
			c.refuse(index(at+"/env", i), "have %q, need NAME=VALUE", e)
		}
	}
	c.user(at+"/user", &p.User)
	c.rlimits(at+"/rlimits", p.Rlimits)
	if p.Terminal && p.ConsoleSize != nil {
		c.between(at+"/consoleSize/height", signed(p.ConsoleSize.Height), 0, 1<<16-1)
		c.between(at+"/consoleSize/width", signed(p.ConsoleSize.Width), 0, 1<<16-1)
	}
	if p.OOMScoreAdj != nil {
		c.between(at+"/oomScoreAdj", int64(*p.OOMScoreAdj), -1000, 1000)
	}
	c.plain(at+"/apparmorProfile", p.ApparmorProfile)
	c.plain(at+"/selinuxLabel", p.SelinuxLabel)
	c.scheduling(at, p)
}

func (c *checker) user(at string, u *specs.User) {
	const meaning = "have 4294967295, which means no change to the kernel, need a real number"
	if u.UID == nobody {
		c.refuse(at+"/uid", meaning)
	}
	if u.GID == nobody {
		c.refuse(at+"/gid", meaning)
	}
	for i, g := range u.AdditionalGids {
		if g == nobody {
			c.refuse(index(at+"/additionalGids", i), meaning)
		}
	}
	if u.Umask != nil && *u.Umask > 0o777 {
		c.refuse(at+"/umask", "have %d, need 0 to 511 (octal 0777)", *u.Umask)
	}
}

// rlimits: the names of getrlimit(2), each once (config.md, "POSIX process").
func (c *checker) rlimits(at string, list []specs.POSIXRlimit) {
	for i, l := range list {
		member := index(at, i)
		if !limit(l.Type) {
			c.refuse(member+"/type", "%q is no resource limit, need one of getrlimit(2)", l.Type)
		}
		for _, before := range list[:i] {
			if before.Type == l.Type {
				c.refuse(member+"/type", "%s stands there twice, need each once", l.Type)
				break
			}
		}
		if l.Soft > l.Hard {
			c.refuse(member+"/soft", "have %d, need at most the hard limit %d", l.Soft, l.Hard)
		}
	}
}

func limit(name string) bool {
	short, ok := strings.CutPrefix(name, "RLIMIT_")
	if !ok {
		return false
	}
	switch short {
	case "AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE", "NPROC", "RSS",
		"RTPRIO", "RTTIME", "SIGPENDING", "STACK":
		return true
	}
	return false
}

// scheduling: sched_setattr(2), ioprio_set(2), sched_setaffinity(2).
func (c *checker) scheduling(at string, p *specs.Process) {
	if s := p.Scheduler; s != nil {
		c.scheduler(at+"/scheduler", s)
	}
	if io := p.IOPriority; io != nil {
		oneOf(c, at+"/ioPriority/class", io.Class, specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, specs.IOPRIO_CLASS_IDLE)
		c.between(at+"/ioPriority/priority", int64(io.Priority), 0, 7)
	}
	if a := p.ExecCPUAffinity; a != nil {
		c.numbers(at+"/execCPUAffinity/initial", a.Initial)
		c.numbers(at+"/execCPUAffinity/final", a.Final)
	}
}

func (c *checker) scheduler(at string, s *specs.Scheduler) {
	oneOf(c, at+"/policy", s.Policy, specs.SchedOther, specs.SchedFIFO, specs.SchedRR, specs.SchedBatch, specs.SchedISO,
		specs.SchedIdle, specs.SchedDeadline)
	c.between(at+"/nice", int64(s.Nice), -20, 19)
	realtime := s.Policy == specs.SchedFIFO || s.Policy == specs.SchedRR
	switch {
	case realtime:
		c.between(at+"/priority", int64(s.Priority), 1, 99)
	case s.Priority != 0:
		c.refuse(at+"/priority", "have %d with %s, need 0, or SCHED_FIFO or SCHED_RR", s.Priority, s.Policy)
	}
	times := s.Runtime != 0 || s.Deadline != 0 || s.Period != 0
	switch {
	case s.Policy != specs.SchedDeadline && times:
		c.refuse(at, "have times with %s, need SCHED_DEADLINE", s.Policy)
	case s.Policy == specs.SchedDeadline && (s.Runtime < 1024 || s.Runtime > s.Deadline || s.Period != 0 && s.Deadline > s.Period):
		c.refuse(at, "have runtime %d, deadline %d, period %d, need 1024 <= runtime <= deadline <= period", s.Runtime, s.Deadline, s.Period)
	}
	for i, f := range s.Flags {
		oneOf(c, index(at+"/flags", i), f, specs.SchedFlagResetOnFork, specs.SchedFlagReclaim, specs.SchedFlagDLOverrun,
			specs.SchedFlagKeepPolicy, specs.SchedFlagKeepParams, specs.SchedFlagUtilClampMin, specs.SchedFlagUtilClampMax)
	}
}
