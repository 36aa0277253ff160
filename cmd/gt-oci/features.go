package main

import (
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/systemd"
	"github.com/gophertainer/gophertainer/lib/tool"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// features prints the structure of runtime-spec features.md: what this runtime
// knows, whatever the host has. What may be refused is asked of the code that
// refuses it.
func features(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		var w json.Writer
		w.Value(map[string]any{
			"ociVersionMin": "1.0.0",
			"ociVersionMax": specs.Version,
			"hooks":         []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"},
			"mountOptions":  mount.Words(),
			"linux":         linuxFeatures(),
			"annotations":   versionNotes(),
			// They change what a container may do, if only to less.
			"potentiallyUnsafeConfigAnnotations": []string{landlock.Annotation, systemd.Prefix},
		})
		return c.Print(append(json.Indent(w.Bytes()), '\n'))
	}
}

func versionNotes() map[string]string {
	notes := map[string]string{"org.gophertainer.version": tool.Version}
	if tool.Commit != "" {
		notes["org.gophertainer.commit"] = tool.Commit
	}
	return notes
}

func linuxFeatures() map[string]any {
	s := seccomp.Features()
	idmap := &specs.Mount{Destination: "/a", Type: "bind", Source: "/a", Options: []string{"idmap"}}
	return map[string]any{
		"namespaces":   ns.Names(),
		"capabilities": cred.All(),
		"cgroup": map[string]any{
			"v1": true, "v2": true, "systemd": false, "systemdUser": false,
			"rdma": cgroup.Carries(&specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"a": {}}}),
		},
		"seccomp": map[string]any{
			"enabled": true, "actions": s.Actions, "operators": s.Operators, "archs": s.Archs,
			"knownFlags": s.KnownFlags, "supportedFlags": s.SupportedFlags,
		},
		"apparmor":        enabled(true),
		"selinux":         enabled(true),
		"intelRdt":        map[string]any{"enabled": true, "schemata": true, "monitoring": true},
		"mountExtensions": map[string]any{"idmap": enabled(mount.Check(idmap, "") == nil)},
		"memoryPolicy":    memoryPolicy(),
		"netDevices":      enabled(true),
	}
}

func enabled(yes bool) map[string]any { return map[string]any{"enabled": yes} }

// memoryPolicy lists the words of set_mempolicy(2) that lib/spec accepts.
func memoryPolicy() map[string]any {
	return map[string]any{
		"modes": words(specs.MpolDefault, specs.MpolBind, specs.MpolInterleave, specs.MpolWeightedInterleave,
			specs.MpolPreferred, specs.MpolPreferredMany, specs.MpolLocal),
		"flags": words(specs.MpolFNumaBalancing, specs.MpolFRelativeNodes, specs.MpolFStaticNodes),
	}
}

func words[T ~string](list ...T) []string {
	var all []string
	for _, w := range list {
		all = append(all, string(w))
	}
	return all
}
