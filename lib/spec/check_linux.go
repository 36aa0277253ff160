package spec

import (
	"path"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func checkPaths(s *specs.Spec) error {
	for _, l := range []struct {
		member string
		list   []string
	}{{"/linux/maskedPaths", s.Linux.MaskedPaths}, {"/linux/readonlyPaths", s.Linux.ReadonlyPaths}} {
		for i, p := range l.list {
			if !path.IsAbs(p) {
				return fail.Spec(l.member+"/"+strconv.Itoa(i), "have %q, need an absolute path", p)
			}
		}
	}
	return nil
}

func checkDevices(s *specs.Spec) error {
	for i, d := range s.Linux.Devices {
		member := "/linux/devices/" + strconv.Itoa(i)
		switch {
		case !strings.Contains("b c u p", d.Type) || len(d.Type) != 1:
			return fail.Spec(member+"/type", "have %q, need b, c, u or p", d.Type)
		case !path.IsAbs(d.Path) || strings.ContainsRune(d.Path, 0):
			return fail.Spec(member+"/path", "have %q, need an absolute path", d.Path)
		case d.Type != "p" && (d.Major < 0 || d.Minor < 0 || d.Major >= 1<<12 || d.Minor >= 1<<20):
			return fail.Spec(member, "have device %d:%d, need numbers the kernel has", d.Major, d.Minor)
		}
	}
	return nil
}

func checkHooks(s *specs.Spec) error {
	if s.Hooks == nil {
		return nil
	}
	for _, k := range []struct {
		name string
		list []specs.Hook
	}{
		{"prestart", s.Hooks.Prestart},
		{"createRuntime", s.Hooks.CreateRuntime}, //nolint:staticcheck // Docker still sends prestart
		{"createContainer", s.Hooks.CreateContainer},
		{"startContainer", s.Hooks.StartContainer},
		{"poststart", s.Hooks.Poststart},
		{"poststop", s.Hooks.Poststop},
	} {
		for i, h := range k.list {
			member := "/hooks/" + k.name + "/" + strconv.Itoa(i)
			if !path.IsAbs(h.Path) {
				return fail.Spec(member+"/path", "have %q, need an absolute path", h.Path)
			}
			if h.Timeout != nil && *h.Timeout <= 0 {
				return fail.Spec(member+"/timeout", "have %d, need 1 second or more", *h.Timeout)
			}
		}
	}
	return nil
}

func checkNames(s *specs.Spec) error {
	own, _ := find(s, specs.UTSNamespace)
	for _, n := range []struct{ member, value string }{{"/hostname", s.Hostname}, {"/domainname", s.Domainname}} {
		switch {
		case n.value == "":
		case !own:
			return fail.Spec(n.member, "have a name and no uts namespace, need both")
		case len(n.value) > 64 || strings.ContainsAny(n.value, "\x00\n/"):
			return fail.Spec(n.member, "have %q, need at most 64 characters of a name", n.value)
		}
	}
	return nil
}

var ipcSysctls = map[string]bool{
	"kernel/msgmax": true, "kernel/msgmnb": true, "kernel/msgmni": true, "kernel/sem": true,
	"kernel/shmall": true, "kernel/shmmax": true, "kernel/shmmni": true, "kernel/shm_rmid_forced": true,
}

// checkSysctl lets through what belongs to one of the container's own
// namespaces, and nothing that would reach another file (CVE-2022-0811).
func checkSysctl(s *specs.Spec) error {
	for key, value := range s.Linux.Sysctl {
		member := "/linux/sysctl/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		name := key
		if !strings.Contains(key, "/") {
			name = strings.ReplaceAll(key, ".", "/")
		}
		if path.Clean("/"+name) != "/"+name || strings.ContainsAny(name, "\x00\n+= ") || strings.ContainsAny(value, "\x00\n+=") {
			return fail.Spec(member, "have %q = %q, need one name and one value", key, value)
		}
		need := specs.LinuxNamespaceType("")
		switch {
		case strings.HasPrefix(name, "net/"):
			need = specs.NetworkNamespace
		case ipcSysctls[name], strings.HasPrefix(name, "fs/mqueue/"):
			need = specs.IPCNamespace
		case name == "kernel/domainname":
			need = specs.UTSNamespace
		case name == "kernel/hostname":
			return fail.Spec(member, "is the host name, need the member /hostname instead")
		default:
			return fail.Spec(member, "is not namespaced, need one of net, ipc or uts")
		}
		if own, _ := find(s, need); !own {
			return fail.Spec(member, "belongs to the %s namespace, need an own one", need)
		}
	}
	return nil
}
