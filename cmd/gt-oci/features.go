package main

import (
	"encoding/json"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	known "github.com/opencontainers/runtime-spec/specs-go/features"
)

func features(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		yes, no := true, false
		s := seccomp.Features()
		f := known.Features{
			OCIVersionMin: "1.0.0", OCIVersionMax: specs.Version,
			Hooks:        []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"},
			MountOptions: mount.Words(),
			Linux: &known.Linux{
				Namespaces:   []string{"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"},
				Capabilities: cred.All(),
				Cgroup:       &known.Cgroup{V1: &yes, V2: &yes, Systemd: &no, SystemdUser: &no, Rdma: &no},
				Seccomp: &known.Seccomp{
					Enabled: &yes, Actions: s.Actions, Operators: s.Operators, Archs: s.Archs,
					KnownFlags: s.KnownFlags, SupportedFlags: s.SupportedFlags,
				},
				Apparmor: &known.Apparmor{Enabled: &no}, Selinux: &known.Selinux{Enabled: &no},
				IntelRdt:        &known.IntelRdt{Enabled: &no},
				MountExtensions: &known.MountExtensions{IDMap: &known.IDMap{Enabled: &no}},
			},
			Annotations: map[string]string{"org.gophertainer.version": tool.Version},
		}
		b, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			return err
		}
		return c.Print(append(b, '\n'))
	}
}
