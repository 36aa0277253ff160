package spec

import (
	"path"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Check refuses what cannot become a container. It also cleans destinations
// that are relative: the specification deprecates them, people still write them.
func Check(s *specs.Spec) error {
	if err := checkVersion(s.Version); err != nil {
		return err
	}
	switch {
	case s.Root == nil || s.Root.Path == "":
		return fail.Spec("/root/path", "have none, need the root filesystem")
	case s.Process == nil:
		return fail.Spec("/process", "have none, need the program to run")
	case s.Linux == nil:
		s.Linux = &specs.Linux{}
	}
	checks := []func(*specs.Spec) error{
		func(s *specs.Spec) error { return CheckProcess(s.Process) },
		checkMounts, checkNamespaces, checkMaps, checkPaths, checkDevices, checkHooks, checkSysctl, checkNames,
	}
	for _, check := range checks {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}

func checkVersion(v string) error {
	major, rest, ok := strings.Cut(v, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(minor)
	if !ok || major != "1" || err != nil || n > 3 {
		return fail.Spec("/ociVersion", "have %q, need 1.0.0 to 1.3", v)
	}
	return nil
}

// CheckProcess checks a process, also one of exec.
func CheckProcess(p *specs.Process) error {
	switch {
	case len(p.Args) == 0 || p.Args[0] == "":
		return fail.Spec("/process/args", "have none, need the program and its arguments")
	case p.Cwd != "" && !path.IsAbs(p.Cwd):
		return fail.Spec("/process/cwd", "have %q, need an absolute path", p.Cwd)
	case p.User.UID == 1<<32-1 || p.User.GID == 1<<32-1:
		return fail.Spec("/process/user", "have 4294967295, which means no change to the kernel, need a real user and group")
	}
	for i, e := range p.Env {
		if strings.ContainsRune(e, 0) || !strings.Contains(e, "=") {
			return fail.Spec("/process/env/"+strconv.Itoa(i), "have %q, need NAME=VALUE", e)
		}
	}
	for i, a := range p.Args {
		if strings.ContainsRune(a, 0) {
			return fail.Spec("/process/args/"+strconv.Itoa(i), "has a NUL character, need text")
		}
	}
	seen := map[string]bool{}
	for i, l := range p.Rlimits {
		member := "/process/rlimits/" + strconv.Itoa(i)
		switch {
		case seen[l.Type]:
			return fail.Spec(member+"/type", "%s stands there twice, need each once", l.Type)
		case l.Soft > l.Hard:
			return fail.Spec(member+"/soft", "have %d, need at most the hard limit %d", l.Soft, l.Hard)
		}
		seen[l.Type] = true
	}
	return nil
}

func checkMounts(s *specs.Spec) error {
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.Destination == "" || strings.ContainsRune(m.Destination+m.Source, 0) {
			return fail.Spec("/mounts/"+strconv.Itoa(i)+"/destination", "have %q, need a path in the container", m.Destination)
		}
		m.Destination = path.Clean("/" + m.Destination)
	}
	return nil
}

var namespaces = map[specs.LinuxNamespaceType]bool{
	specs.PIDNamespace: true, specs.NetworkNamespace: true, specs.MountNamespace: true, specs.IPCNamespace: true,
	specs.UTSNamespace: true, specs.UserNamespace: true, specs.CgroupNamespace: true, specs.TimeNamespace: true,
}

func checkNamespaces(s *specs.Spec) error {
	seen := map[specs.LinuxNamespaceType]bool{}
	for i, n := range s.Linux.Namespaces {
		member := "/linux/namespaces/" + strconv.Itoa(i)
		switch {
		case !namespaces[n.Type]:
			return fail.Spec(member+"/type", "have %q, need pid, network, mount, ipc, uts, user, cgroup or time", n.Type)
		case seen[n.Type]:
			return fail.Spec(member+"/type", "%s stands there twice, need each once", n.Type)
		case n.Path != "" && !path.IsAbs(n.Path):
			return fail.Spec(member+"/path", "have %q, need an absolute path", n.Path)
		}
		seen[n.Type] = true
	}
	if !seen[specs.MountNamespace] {
		return fail.Spec("/linux/namespaces", "have no mount namespace, need one: the root would be the host's")
	}
	return nil
}

// created tells whether a namespace is made new; own whether it differs from
// the host's.
func find(s *specs.Spec, t specs.LinuxNamespaceType) (own, created bool) {
	for _, n := range s.Linux.Namespaces {
		if n.Type == t {
			return true, n.Path == ""
		}
	}
	return false, false
}

func checkMaps(s *specs.Spec) error {
	own, created := find(s, specs.UserNamespace)
	for _, side := range []struct {
		member string
		list   []specs.LinuxIDMapping
	}{{"/linux/uidMappings", s.Linux.UIDMappings}, {"/linux/gidMappings", s.Linux.GIDMappings}} {
		switch {
		case len(side.list) > 0 && !own:
			return fail.Spec(side.member, "have id maps and no user namespace, need both")
		case len(side.list) == 0 && created:
			return fail.Spec(side.member, "have none, need one for the new user namespace")
		case len(side.list) > 340:
			return fail.Spec(side.member, "have %d lines, need at most the kernel's 340", len(side.list))
		}
		if err := overlap(side.member, side.list); err != nil {
			return err
		}
	}
	return nil
}

func overlap(member string, list []specs.LinuxIDMapping) error {
	for i, a := range list {
		at := member + "/" + strconv.Itoa(i)
		if a.Size == 0 || uint64(a.ContainerID)+uint64(a.Size) > 1<<32-1 || uint64(a.HostID)+uint64(a.Size) > 1<<32-1 {
			return fail.Spec(at+"/size", "have %d, need 1 or more within 32 bits", a.Size)
		}
		for j, b := range list[:i] {
			if meet(a.ContainerID, a.Size, b.ContainerID, b.Size) || meet(a.HostID, a.Size, b.HostID, b.Size) {
				return fail.Spec(at, "overlaps line %d, need ranges apart", j)
			}
		}
	}
	return nil
}

func meet(a, n, b, m uint32) bool {
	return uint64(a) < uint64(b)+uint64(m) && uint64(b) < uint64(a)+uint64(n)
}
