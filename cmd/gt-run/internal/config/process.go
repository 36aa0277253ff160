package config

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (a *Ask) process(p *specs.Process) {
	if len(a.Args) > 0 {
		p.Args = a.Args
	}
	p.Terminal = a.Terminal
	p.ConsoleSize = nil
	if a.Cwd != "" {
		p.Cwd = a.Cwd
	}
	if !a.KeepImage || a.UserGiven {
		p.User = specs.User{UID: a.User.UID, GID: a.User.GID, AdditionalGids: a.User.Groups, Username: a.Username}
	}
	p.User.AdditionalGids = append(p.User.AdditionalGids, a.Groups...)
	// The template's limit of 1024 files is for a demonstration; the caller's own holds.
	p.Rlimits = a.Rlimits
	p.OOMScoreAdj = a.OOMScore
	p.NoNewPrivileges = a.NoNewPrivs || a.Host && p.NoNewPrivileges
	p.Capabilities = a.capabilities(&p.User)
	p.Env = a.environment(p.Env)
}

// capabilities leaves a user who is not root the bounding set alone, which is
// what setuid programs can give him; execve(2) would take the rest away anyway.
func (a *Ask) capabilities(u *specs.User) *specs.LinuxCapabilities {
	c := &specs.LinuxCapabilities{Bounding: a.Capabilities}
	if u.UID == 0 && u.Username == "" {
		c.Permitted, c.Effective = a.Capabilities, a.Capabilities
	}
	return c
}

func (a *Ask) environment(image []string) []string {
	var e environ
	e.set("PATH", defaultPath)
	for _, entry := range image {
		name, value, _ := strings.Cut(entry, "=")
		if a.KeepImage && name != "TERM" {
			e.set(name, value)
		}
	}
	e.set("HOSTNAME", a.Hostname)
	home := a.User.Home
	if home == "" {
		home = "/"
	}
	e.set("HOME", home)
	if a.Terminal {
		e.set("TERM", "xterm")
	}
	for _, entry := range a.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(a.Keep, name) {
			e.set(name, value)
		}
	}
	for _, entry := range a.Env {
		name, value, _ := strings.Cut(entry, "=")
		e.set(name, value)
	}
	return e
}

type environ []string

// set replaces the value of a name in its place.
func (e *environ) set(name, value string) {
	i := slices.IndexFunc(*e, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	if i < 0 {
		*e = append(*e, name+"="+value)
		return
	}
	(*e)[i] = name + "=" + value
}
