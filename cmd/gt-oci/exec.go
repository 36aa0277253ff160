package main

import (
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

type execOptions struct {
	container.ExecOptions
	process, cwd, user, label, apparmor, pidfdSocket string
	env, caps, groups                                []string
	tty, detach, noNewPrivs                          bool
	command                                          []string
}

func execute(o *tool.Options) func(*tool.Call) error {
	e := &execOptions{}
	o.String(&e.process, "process", 'p', "FILE", "take the process from a JSON file")
	o.String(&e.cwd, "cwd", 0, "DIR", "working directory inside")
	o.Strings(&e.env, "env", 'e', "NAME=VALUE", "set a variable (again and again)")
	o.String(&e.user, "user", 'u', "UID[:GID]", "numeric user and group")
	o.Strings(&e.groups, "additional-gids", 'g', "GID", "further group (again and again)")
	o.Strings(&e.caps, "cap", 'c', "CAP", "further capability (again and again)")
	o.String(&e.label, "process-label", 0, "LABEL", "SELinux label of the process")
	o.String(&e.apparmor, "apparmor", 0, "PROFILE", "AppArmor profile of the process")
	o.Bool(&e.tty, "tty", 't', "give the process a terminal")
	o.Bool(&e.detach, "detach", 'd', "do not wait for the end")
	o.Bool(&e.noNewPrivs, "no-new-privs", 0, "forbid the process to gain privileges")
	o.Bool(&e.IgnorePaused, "ignore-paused", 0, "enter a paused container too")
	o.String(&e.ConsoleSocket, "console-socket", 0, "SOCKET", "hand the terminal's master to SOCKET")
	o.String(&e.PidFile, "pid-file", 0, "FILE", "write the PID to FILE")
	o.String(&e.pidfdSocket, "pidfd-socket", 0, "SOCKET", "hand a pidfd of the process to SOCKET")
	o.Int(&e.Preserve, "preserve-fds", 0, "N", "pass N descriptors after 2 on")
	o.Bool(&global.dockerCodes, "docker-codes", 0, "fail with 125, 126 or 127, as docker exec does, not 255")
	o.Strings(&e.Cgroups, "cgroup", 0, "[CONTROLLERS:]PATH", "cgroup below the container's (again and again)")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if err := preserved(e.Preserve); err != nil {
			return err
		}
		e.command = c.Args[1:]
		if len(e.command) > 0 && e.command[0] == "--" {
			e.command = e.command[1:]
		}
		e.Process, e.Stdio, e.Born = e.build, [3]int{0, 1, 2}, pidfdTo(e.pidfdSocket)
		return e.run(rt, c)
	}
}

// execCode is what a failed exec returns.
func execCode(err error) int {
	if !global.dockerCodes {
		return 255
	}
	switch fail.Details(err).Code {
	case fail.CodeExec:
		return 126
	case fail.CodeExecNoSuch:
		return 127
	}
	return 125
}

func (e *execOptions) run(rt *container.Runtime, c *tool.Call) error {
	var proxy *tty.Proxy
	var skip []unix.Signal
	if e.ConsoleSocket == "" && !e.detach {
		e.Terminal = func(master *os.File) (err error) {
			proxy, err = tty.Attach(master, c.Stdin, c.Stdout)
			return err
		}
		skip = append(skip, unix.SIGWINCH)
	}
	var relay tty.Relay
	if !e.detach {
		e.Sent = func() error {
			_, err := tty.Forward(relay.Pass, skip...)
			return err
		}
	}
	born, err := rt.Exec(c.Args[0], &e.ExecOptions)
	if err == nil && e.detach {
		return nil
	}
	code := 0
	if err == nil {
		relay.To(func(sig unix.Signal) error { return unix.PidfdSendSignal(born.PidFD, sig, nil, 0) })
		code, err = container.Wait(born.Pid)
	}
	if proxy != nil {
		if cerr := proxy.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// build makes the process: the file's, or the container's own with another
// command and what else was said.
func (e *execOptions) build(own *specs.Process) (*specs.Process, error) {
	p := own
	if e.process != "" {
		raw, err := os.ReadFile(e.process)
		if err != nil {
			return nil, err
		}
		if p, err = spec.DecodeProcess(raw); err != nil {
			return nil, &fail.Error{Path: e.process, Cause: err}
		}
		return p, spec.CheckProcess(p)
	}
	if len(e.command) == 0 {
		return nil, fail.Usage("have no command, need one, or --process FILE")
	}
	p.Args, p.Terminal, p.ConsoleSize = e.command, e.tty, nil
	if e.cwd != "" {
		p.Cwd = e.cwd
	}
	p.Env = append(p.Env, e.env...)
	p.NoNewPrivileges = p.NoNewPrivileges || e.noNewPrivs
	if e.label != "" {
		p.SelinuxLabel = e.label
	}
	if e.apparmor != "" {
		p.ApparmorProfile = e.apparmor
	}
	if err := e.identity(p); err != nil {
		return nil, err
	}
	return p, spec.CheckProcess(p)
}

func (e *execOptions) identity(p *specs.Process) error {
	if e.user != "" {
		if err := parseUser(e.user, &p.User); err != nil {
			return err
		}
	}
	for _, g := range e.groups {
		n, err := id(g)
		if err != nil {
			return fail.Usage("--additional-gids: have %q, need a number", g)
		}
		p.User.AdditionalGids = append(p.User.AdditionalGids, n)
	}
	if len(e.caps) > 0 {
		old := p.Capabilities
		if old == nil {
			old = &specs.LinuxCapabilities{}
		}
		// Never inheritable (CVE-2022-29162).
		p.Capabilities = &specs.LinuxCapabilities{
			Bounding: append(old.Bounding, e.caps...), Effective: append(old.Effective, e.caps...),
			Permitted: append(old.Permitted, e.caps...),
		}
	}
	return nil
}

// parseUser reads UID or UID:GID; without a group the user's stays as it is.
func parseUser(text string, u *specs.User) error {
	uid, gid, both := strings.Cut(text, ":")
	n, err := id(uid)
	group := u.GID
	if err == nil && both {
		group, err = id(gid)
	}
	if err != nil {
		return fail.Usage("--user: have %q, need UID or UID:GID, numbers below 4294967295", text)
	}
	u.UID, u.GID = n, group
	return nil
}

func id(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err == nil && (n == 1<<32-1 || text[0] == '+') {
		err = strconv.ErrRange
	}
	return uint32(n), err
}
