package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	own "github.com/gophertainer/gophertainer/lib/seccomp"
)

// A target is the container that rules of a profile may depend on.
type target struct {
	arch   specs.Arch
	caps   []string // CAP_*
	kernel seccomp.KernelVersion
}

func hostTarget() target {
	var uts unix.Utsname
	t := target{arch: own.Native()}
	if unix.Uname(&uts) == nil {
		t.kernel, _ = kernelVersion(unix.ByteSliceToString(uts.Release[:]))
	}
	return t
}

// kernelVersion reads the first two numbers of a release: 6.1.0-13-amd64.
func kernelVersion(release string) (v seccomp.KernelVersion, ok bool) {
	first, rest, _ := strings.Cut(release, ".")
	if n := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); n >= 0 {
		rest = rest[:n]
	}
	var err1, err2 error
	v.Kernel, err1 = strconv.ParseUint(first, 10, 16)
	v.Major, err2 = strconv.ParseUint(rest, 10, 16)
	return v, err1 == nil && err2 == nil
}

// resolve drops the rules that are not for the target. The members its errors
// name are those of the profile as it was read.
func (t target) resolve(p *seccomp.Seccomp) (*specs.LinuxSeccomp, error) {
	out := p.LinuxSeccomp
	out.Syscalls = nil
	if len(out.Architectures) > 0 && len(p.ArchMap) > 0 {
		return nil, fail.Spec("/linux/seccomp/archMap", "is set beside architectures, need one of them")
	}
	for _, a := range p.ArchMap {
		if a.Arch == t.arch {
			out.Architectures = append(append(out.Architectures, a.Arch), a.SubArches...)
			break
		}
	}
	for i, r := range p.Syscalls {
		if r == nil {
			return nil, fail.Spec(rule(i), "is null, need an object")
		}
		if r.Name != "" && len(r.Names) > 0 {
			return nil, fail.Spec(rule(i)+"/name", "is set beside names, need one of them")
		}
		if !t.includes(r.Includes) || t.excludes(r.Excludes) {
			continue
		}
		if r.Name != "" {
			r.Names = []string{r.Name}
		}
		out.Syscalls = append(out.Syscalls, r.LinuxSyscall)
	}
	return &out, nil
}

// includes: every condition holds.
func (t target) includes(f *seccomp.Filter) bool {
	if f == nil {
		return true
	}
	if len(f.Arches) > 0 && !slices.Contains(f.Arches, archWord(t.arch)) {
		return false
	}
	for _, c := range f.Caps {
		if !slices.Contains(t.caps, c) {
			return false
		}
	}
	return f.MinKernel == nil || t.reaches(*f.MinKernel)
}

// excludes: one condition holds.
func (t target) excludes(f *seccomp.Filter) bool {
	if f == nil {
		return false
	}
	for _, c := range f.Caps {
		if slices.Contains(t.caps, c) {
			return true
		}
	}
	return slices.Contains(f.Arches, archWord(t.arch)) || (f.MinKernel != nil && t.reaches(*f.MinKernel))
}

func (t target) reaches(v seccomp.KernelVersion) bool {
	return t.kernel.Kernel > v.Kernel || (t.kernel.Kernel == v.Kernel && t.kernel.Major >= v.Major)
}

// archWord is what includes and excludes call an architecture.
func archWord(a specs.Arch) string {
	switch a {
	case specs.ArchX86_64:
		return "amd64"
	case specs.ArchAARCH64:
		return "arm64"
	case specs.ArchMIPSEL64N32:
		return "mips3l64n32"
	}
	return strings.ToLower(strings.TrimPrefix(string(a), "SCMP_ARCH_"))
}

// rule is the JSON pointer of a rule.
func rule(i int) string { return "/linux/seccomp/syscalls/" + strconv.Itoa(i) }
