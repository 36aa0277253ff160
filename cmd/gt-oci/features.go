package main

import (
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// features prints the structure of runtime-spec features.md; false is said, what
// is left out is unknown.
func features(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		s := seccomp.Features()
		no := map[string]any{"enabled": false}
		var w json.Writer
		w.Value(map[string]any{
			"ociVersionMin": "1.0.0",
			"ociVersionMax": specs.Version,
			"hooks":         []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"},
			"mountOptions":  mount.Words(),
			"linux": map[string]any{
				"namespaces":   []string{"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"},
				"capabilities": cred.All(),
				"cgroup":       map[string]any{"v1": true, "v2": true, "systemd": false, "systemdUser": false, "rdma": false},
				"seccomp": map[string]any{
					"enabled": true, "actions": s.Actions, "operators": s.Operators, "archs": s.Archs,
					"knownFlags": s.KnownFlags, "supportedFlags": s.SupportedFlags,
				},
				"apparmor":        no,
				"selinux":         no,
				"intelRdt":        no,
				"mountExtensions": map[string]any{"idmap": no},
			},
			"annotations": map[string]string{"org.gophertainer.version": tool.Version},
		})
		return c.Print(append(json.Indent(w.Bytes()), '\n'))
	}
}
