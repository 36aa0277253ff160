// Package sandbox runs a plugin in a container of ours: an own root with the
// host's /usr read-only and nothing of its secrets, no capabilities, no
// network, a system call filter, limits; and what the operator granted.
package sandbox

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Limits of a plugin that does not ask for others.
const (
	memory = 256 << 20
	pids   = 64
)

// hostDirs are shown read-only; links among them are made anew.
var hostDirs = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ssl/certs"}

// hostFiles are copied: small, and nothing that is secret.
var hostFiles = []string{"/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/localtime", "/etc/hosts", "/etc/os-release"}

// Spec is the config.json of a plugin's container. needs is what was granted.
// Paths of the entry are relative: it is made under another name than it gets.
func Spec(e *store.Entry, needs *plugin.PluginNeeds) *specs.Spec {
	s := &specs.Spec{
		Version:  specs.Version,
		Root:     &specs.Root{Path: "rootfs", Readonly: true},
		Hostname: "plugin",
		Process: &specs.Process{
			User: specs.User{UID: e.UID, GID: e.UID},
			Args: argv(e),
			Env:  environment(e),
			Cwd:  "/", NoNewPrivileges: true,
			Capabilities: capabilities(needs.Capabilities),
			Rlimits: []specs.POSIXRlimit{
				{Type: "RLIMIT_CORE"},
				{Type: "RLIMIT_NOFILE", Hard: 1024, Soft: 1024},
			},
		},
		Linux: &specs.Linux{
			Namespaces:    namespaces(needs),
			Resources:     resources(needs),
			MaskedPaths:   masked,
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
	if e.UID != 0 {
		// Where the pids controller is missing, this holds a fork bomb: the
		// user has no other processes.
		n := uint64(limit(needs.Pids, pids))
		s.Process.Rlimits = append(s.Process.Rlimits, specs.POSIXRlimit{Type: "RLIMIT_NPROC", Hard: n, Soft: n})
	}
	s.Mounts = mounts(e, needs)
	for _, p := range needs.Paths {
		if p.Shared {
			s.Linux.RootfsPropagation = "rshared"
		}
	}
	return s
}

var masked = []string{
	"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi", "/proc/interrupts",
}

func argv(e *store.Entry) []string {
	if e.Native {
		return []string{inside + "/gt-plugin-host", inside + "/" + e.Name + ".so"}
	}
	return []string{inside + "/" + e.Name}
}

// environment is all a plugin gets: nothing of the caller's (CVE-2025-23266).
func environment(e *store.Entry) []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + Data, "TMPDIR=/tmp",
		"LC_ALL=C.UTF-8", "GOMAXPROCS=" + threads(e.Info.Type), "GOPHERTAINER_PLUGIN=" + e.Name,
	}
}

// threads: who is asked at each create has one question at a time, and threads
// that look for more take the processors from the birth. For others it is two.
func threads(t plugin.PluginType) string {
	if store.AtCreate(t) {
		return "1"
	}
	return "2"
}

func capabilities(list []string) *specs.LinuxCapabilities {
	return &specs.LinuxCapabilities{Bounding: list, Effective: list, Permitted: list}
}

func namespaces(needs *plugin.PluginNeeds) []specs.LinuxNamespace {
	list := []specs.LinuxNamespace{
		{Type: specs.PIDNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
	}
	if !needs.Network {
		list = append(list, specs.LinuxNamespace{Type: specs.NetworkNamespace})
	}
	return list
}

func resources(needs *plugin.PluginNeeds) *specs.LinuxResources {
	r := &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Access: "rwm"}}}
	if Controller("memory") {
		n := limit(needs.Memory, memory)
		r.Memory = &specs.LinuxMemory{Limit: &n}
	}
	if Controller("pids") {
		n := limit(needs.Pids, pids)
		r.Pids = &specs.LinuxPids{Limit: &n}
	}
	return r
}

func limit(asked, standard int64) int64 {
	if asked > 0 {
		return asked
	}
	return standard
}

// Controller tells whether the host has the cgroup controller, v1 or v2.
func Controller(name string) bool {
	if _, err := os.Stat("/sys/fs/cgroup/" + name + "/tasks"); err == nil {
		return true
	}
	b, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	return err == nil && strings.Contains(" "+strings.TrimSpace(string(b))+" ", " "+name+" ")
}

func mounts(e *store.Entry, needs *plugin.PluginNeeds) []specs.Mount {
	list := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "noexec", "mode=755", "size=64k"}},
		{Destination: "/tmp", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "mode=1777", "size=64m"}},
	}
	bind := func(from, to string, options ...string) {
		list = append(list, specs.Mount{Destination: to, Type: "bind", Source: from, Options: append(options, "nosuid")})
	}
	for _, dir := range hostDirs {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() {
			bind(dir, dir, "rbind", "rro", "nodev")
		}
	}
	bind("data", Data, "bind", "rw", "nodev")
	name := e.Name
	if e.Native {
		name += ".so"
		bind(Host(), inside+"/gt-plugin-host", "bind", "ro", "nodev")
	}
	bind("exe", inside+"/"+name, "bind", "ro", "nodev")
	for _, p := range needs.Paths {
		mode := []string{"rbind", "rro", "rnodev", "rslave"}
		if p.Write {
			mode = []string{"rbind", "rw", "rnodev", "rslave"}
		}
		if p.Shared {
			mode = []string{"rbind", "rw", "nodev", "rshared"}
		}
		bind(p.Path, p.Path, mode...)
	}
	if NeedsNames(e.Info.Type) {
		list = append(list, specs.Mount{Destination: Names, Type: "bind", Source: "netns", Options: []string{"rbind", "rslave"}})
	}
	return list
}

// Where things are inside.
const (
	inside = "/plugin"
	Data   = "/data"  // the plugin's own, gone when it is unloaded
	Names  = "/netns" // network namespaces handed to a network plugin
)

// NeedsNames tells whether plugins of the type are handed namespaces.
func NeedsNames(t plugin.PluginType) bool { return t == plugin.PluginTypeNetwork }

// Host is gt-plugin-host beside this binary.
func Host() string { return beside("gt-plugin-host") }

func beside(tool string) string {
	self, err := os.Executable()
	if err != nil {
		return tool
	}
	return filepath.Join(filepath.Dir(self), tool)
}

// native is the one architecture that a plugin's filter lets through.
func native() specs.Arch {
	if runtime.GOARCH == "arm64" {
		return specs.ArchAARCH64
	}
	return specs.ArchX86_64
}
