// Package config writes the config.json of a container that gt-run starts. It
// begins with one that exists, lib/spec's template or what gt-rootfs wrote for
// the kind of root, and changes what the command line asks for.
package config

import (
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/account"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// An Ask is what the container is to be. Zero members change nothing, unless
// they say otherwise.
type Ask struct {
	Args      []string
	Env       []string // NAME=VALUE, the last of a name wins
	Keep      []string // names whose value comes from Environ, if it has one and Env has none
	Environ   []string // of the caller
	Terminal  bool     // false: none
	Cwd       string
	Hostname  string
	User      account.Account // zero: root
	UserGiven bool            // false: the template's, with KeepImage
	Groups    []uint32        // further ones
	Username  string          // shown instead of numbers in a dry run

	Root       string // absolute path of a root that is used in place
	ReadOnly   bool   // false: writable
	NoNewPrivs bool
	Host       bool // the root is the host's own: its template's no_new_privs stays

	Limits
	Volumes []specs.Mount // bind mounts and tmpfs

	Confinement
	HostNetwork bool
	Rootless    *IDs
	Map         *Map
	Hooks       specs.Hooks // run after those of the template
	Annotations map[string]string
	Domainname  string
	KeepImage   bool // environment, directory and user of the template stand, where nothing else is asked for
}

// A Map gives the container IDs of the host, from First on.
type Map struct{ First, Size uint32 }

// A Device is a node and what may be done with it: r, w, m.
type Device struct {
	specs.LinuxDevice
	Access string
}

// IDs are those of the caller who becomes root in a user namespace.
type IDs struct{ UID, GID int }

// Edit returns the text of the new config.json.
func Edit(template []byte, a *Ask) ([]byte, error) {
	s := &specs.Spec{}
	if err := json.Unmarshal(template, s); err != nil {
		return nil, fail.New(fail.CodeInput, "read config.json: %w", err)
	}
	a.Change(s)
	text, err := json.MarshalIndent(s, "", "\t")
	return append(text, '\n'), err
}

// Change makes the spec what was asked for.
func (a *Ask) Change(s *specs.Spec) {
	if s.Process == nil {
		s.Process = &specs.Process{Cwd: "/"}
	}
	if s.Root == nil {
		s.Root = &specs.Root{Path: "rootfs"}
	}
	if s.Linux == nil {
		s.Linux = &specs.Linux{}
	}
	a.root(s)
	a.process(s.Process)
	a.mounts(s)
	a.resources(s)
	namespaces(s.Linux, a.HostNetwork)
	a.confine(s)
	if a.Rootless != nil {
		rootless(s, *a.Rootless)
	}
	a.hooks(s)
	if len(a.Annotations) > 0 && s.Annotations == nil {
		s.Annotations = map[string]string{}
	}
	maps.Copy(s.Annotations, a.Annotations)
}

func (a *Ask) root(s *specs.Spec) {
	if a.Root != "" {
		s.Root.Path = a.Root
	}
	s.Root.Readonly = a.ReadOnly
	s.Hostname = a.Hostname
	if a.Domainname != "" {
		s.Domainname = a.Domainname
	}
	s.Linux.Seccomp = a.Seccomp
}

func (a *Ask) hooks(s *specs.Spec) {
	if len(a.Hooks.CreateRuntime)+len(a.Hooks.Poststop) == 0 {
		return
	}
	if s.Hooks == nil {
		s.Hooks = &specs.Hooks{}
	}
	s.Hooks.CreateRuntime = append(s.Hooks.CreateRuntime, a.Hooks.CreateRuntime...)
	s.Hooks.Poststop = append(s.Hooks.Poststop, a.Hooks.Poststop...)
}

// mounts puts the volumes last, parents before what is below them, and lifts
// the masks that a volume is meant to lift: a masked file comes back if its
// own path or a directory above it is a volume.
func (a *Ask) mounts(s *specs.Spec) {
	volumes := slices.Clone(a.Volumes)
	slices.SortStableFunc(volumes, func(x, y specs.Mount) int {
		return strings.Count(x.Destination, "/") - strings.Count(y.Destination, "/")
	})
	// What stands at the same place gives way: --tmpfs /dev/shm.
	s.Mounts = slices.DeleteFunc(s.Mounts, func(m specs.Mount) bool {
		return !kernels(m.Destination) && slices.ContainsFunc(volumes, func(v specs.Mount) bool { return v.Destination == path.Clean(m.Destination) })
	})
	s.Mounts = append(s.Mounts, volumes...)
	s.Linux.MaskedPaths = a.lift(s.Linux.MaskedPaths)
}

func (a *Ask) lift(masks []string) []string {
	return slices.DeleteFunc(masks, func(masked string) bool {
		return slices.ContainsFunc(a.Volumes, func(v specs.Mount) bool {
			return !kernels(masked) && within(masked, v.Destination)
		})
	})
}

// Mask hides more paths in a spec that was changed, unless that was asked not to be.
func (a *Ask) Mask(s *specs.Spec, masks []string) {
	masks = slices.DeleteFunc(a.lift(masks), a.unmasked)
	s.Linux.MaskedPaths = append(s.Linux.MaskedPaths, masks...)
}

// kernels are masks that no volume lifts.
func kernels(masked string) bool { return within(masked, "/proc") || within(masked, "/sys") }

func within(name, dir string) bool {
	name = path.Clean(name)
	return name == dir || strings.HasPrefix(name, dir+"/")
}

var private = []specs.LinuxNamespaceType{
	specs.PIDNamespace, specs.NetworkNamespace, specs.IPCNamespace,
	specs.UTSNamespace, specs.MountNamespace, specs.CgroupNamespace,
}

// namespaces makes all of them private but, on request, the network.
func namespaces(l *specs.Linux, hostNetwork bool) {
	for _, kind := range private {
		if !has(l, kind) {
			l.Namespaces = append(l.Namespaces, specs.LinuxNamespace{Type: kind})
		}
	}
	if hostNetwork {
		l.Namespaces = slices.DeleteFunc(l.Namespaces, func(n specs.LinuxNamespace) bool {
			return n.Type == specs.NetworkNamespace
		})
	}
}

func has(l *specs.Linux, kind specs.LinuxNamespaceType) bool {
	return slices.ContainsFunc(l.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
}

// rootless maps the caller to root in a user namespace, where group 5 (tty)
// has no meaning, and where a sysfs cannot be mounted without a network of
// one's own.
func rootless(s *specs.Spec, ids IDs) {
	network := has(s.Linux, specs.NetworkNamespace)
	if !has(s.Linux, specs.UserNamespace) {
		s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	}
	s.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: uint32(ids.UID), Size: 1}}
	s.Linux.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: uint32(ids.GID), Size: 1}}
	for i := range s.Mounts {
		m := &s.Mounts[i]
		m.Options = slices.DeleteFunc(m.Options, func(o string) bool {
			return strings.HasPrefix(o, "gid=") && o != "gid=0"
		})
		if m.Type == "sysfs" && !network {
			m.Type, m.Source = "none", filepath.Clean(m.Destination)
			m.Options = []string{"rbind", "nosuid", "noexec", "nodev", "ro"}
		}
	}
}
