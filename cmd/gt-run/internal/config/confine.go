package config

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Confinement is what holds the container in, beside its limits.
type Confinement struct {
	Capabilities   []string // exactly these
	Seccomp        *specs.LinuxSeccomp
	Privileged     bool // all devices, /sys writable
	Apparmor       string
	Label          string
	Masked, Unmask []string // Unmask has paths, or ALL
	Devices        []Device
	Sysctl         map[string]string
	Shared         []specs.LinuxNamespace // Path empty: the host's
}

func (a *Ask) confine(s *specs.Spec) {
	l := s.Linux
	s.Process.ApparmorProfile, s.Process.SelinuxLabel = a.Apparmor, a.Label
	if len(a.Unmask) > 0 {
		l.MaskedPaths = slices.DeleteFunc(l.MaskedPaths, a.unmasked)
		l.ReadonlyPaths = slices.DeleteFunc(l.ReadonlyPaths, a.unmasked)
	}
	l.MaskedPaths = append(l.MaskedPaths, a.Masked...)
	if len(a.Sysctl) > 0 {
		l.Sysctl = a.Sysctl
	}
	for _, d := range a.Devices {
		node := d.LinuxDevice
		l.Devices = append(l.Devices, node)
		l.Resources.Devices = append(l.Resources.Devices, specs.LinuxDeviceCgroup{Allow: true, Type: node.Type, Major: &node.Major, Minor: &node.Minor, Access: d.Access})
	}
	for _, n := range a.Shared {
		l.Namespaces = slices.DeleteFunc(l.Namespaces, func(o specs.LinuxNamespace) bool { return o.Type == n.Type })
		if n.Path != "" {
			l.Namespaces = append(l.Namespaces, n)
		}
	}
	if a.Privileged {
		privileged(s)
	}
	if a.Map != nil {
		if !has(l, specs.UserNamespace) {
			l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		}
		l.UIDMappings = []specs.LinuxIDMapping{{HostID: a.Map.First, Size: a.Map.Size}}
		l.GIDMappings = l.UIDMappings
	}
}

func (a *Ask) unmasked(name string) bool {
	return slices.ContainsFunc(a.Unmask, func(u string) bool { return u == "ALL" && kernels(name) || u == name })
}

// privileged gives all devices and a writable /sys.
func privileged(s *specs.Spec) {
	s.Linux.Resources.Devices = append(s.Linux.Resources.Devices, specs.LinuxDeviceCgroup{Allow: true, Access: "rwm"})
	for i := range s.Mounts {
		if m := &s.Mounts[i]; m.Type == "sysfs" || m.Type == "cgroup" {
			m.Options = slices.DeleteFunc(m.Options, func(o string) bool { return o == "ro" })
		}
	}
}

func without(options []string, prefix string) []string {
	return slices.DeleteFunc(options, func(o string) bool { return strings.HasPrefix(o, prefix) })
}
