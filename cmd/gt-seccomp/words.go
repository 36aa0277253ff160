//go:build cgo

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	own "github.com/gophertainer/gophertainer/lib/seccomp"
)

var operators = map[specs.LinuxSeccompOperator]seccomp.ScmpCompareOp{
	specs.OpNotEqual:     seccomp.CompareNotEqual,
	specs.OpLessThan:     seccomp.CompareLess,
	specs.OpLessEqual:    seccomp.CompareLessOrEqual,
	specs.OpEqualTo:      seccomp.CompareEqual,
	specs.OpGreaterEqual: seccomp.CompareGreaterEqual,
	specs.OpGreaterThan:  seccomp.CompareGreater,
	specs.OpMaskedEqual:  seccomp.CompareMaskedEqual,
}

var actions = map[specs.LinuxSeccompAction]seccomp.ScmpAction{
	specs.ActKill:        seccomp.ActKillThread,
	specs.ActKillProcess: seccomp.ActKillProcess,
	specs.ActKillThread:  seccomp.ActKillThread,
	specs.ActTrap:        seccomp.ActTrap,
	specs.ActErrno:       seccomp.ActErrno,
	specs.ActTrace:       seccomp.ActTrace,
	specs.ActAllow:       seccomp.ActAllow,
	specs.ActLog:         seccomp.ActLog,
	specs.ActNotify:      seccomp.ActNotify,
}

// actionOf gives an errno to the actions that have one: EPERM if the profile
// has none (runtime-spec, config-linux.md).
func actionOf(name specs.LinuxSeccompAction, errno *uint) (seccomp.ScmpAction, error) {
	a, ok := actions[name]
	if !ok {
		return 0, fmt.Errorf("unknown action %q", name)
	}
	if name == specs.ActErrno || name == specs.ActTrace {
		code := uint(unix.EPERM)
		if errno != nil {
			code = *errno
		}
		a = a.SetReturnCode(int16(uint16(code)))
	}
	return a, nil
}

// syscallOf reads a name, or a number, of a system call.
func syscallOf(word string, arch specs.Arch) (string, uint32, error) {
	own, err := archOf(arch)
	if err != nil {
		return "", 0, fail.New(fail.CodeHost, "look at %s: %w", arch, err)
	}
	bit := uint32(0)
	if arch == specs.ArchX32 {
		bit = x32Bit
	}
	if n, err := strconv.ParseUint(word, 0, 31); err == nil {
		name, err := seccomp.ScmpSyscall(int32(uint32(n) | bit)).GetNameByArch(own)
		if err != nil {
			name = "call " + word
		}
		return name, uint32(n) | bit, nil
	}
	nr, err := seccomp.GetSyscallFromNameByArch(word, own)
	if err != nil {
		return "", 0, fail.Usage("unknown system call %q, need a name or a number", word)
	}
	if nr < 0 {
		return "", 0, fail.Usage("%s has no number on %s, need a call that has", word, arch)
	}
	return word, uint32(nr) | bit, nil
}

// nameOf is the name of a call that was made, "" if libseccomp has none.
func nameOf(audit, nr uint32) (string, specs.Arch) {
	for arch, t := range tables {
		if t.audit != audit || nr < t.first || t.end != 0 && nr >= t.end {
			continue
		}
		own, err := archOf(arch)
		if err != nil {
			continue
		}
		if name, err := seccomp.ScmpSyscall(int32(nr)).GetNameByArch(own); err == nil {
			return name, arch
		}
	}
	return "", ""
}

func archOf(name specs.Arch) (seccomp.ScmpArch, error) {
	return seccomp.GetArchFromString(strings.TrimPrefix(string(name), "SCMP_ARCH_"))
}

// spansOf finds the newest call the profile names, for each architecture. One
// that has none of the calls gets no span.
func spansOf(s *specs.LinuxSeccomp, native specs.Arch) []span {
	var spans []span
	done := []specs.Arch{}
	for _, name := range append([]specs.Arch{native}, s.Architectures...) {
		arch, err := archOf(name)
		if err != nil || slices.Contains(done, name) {
			continue
		}
		done = append(done, name)
		if last := lastOf(s, arch, tables[name]); last >= 0 {
			spans = append(spans, span{name, uint32(last)})
		}
	}
	return spans
}

func lastOf(s *specs.LinuxSeccomp, arch seccomp.ScmpArch, t table) int64 {
	last := int64(-1)
	for i := range s.Syscalls {
		for _, name := range s.Syscalls[i].Names {
			nr, err := seccomp.GetSyscallFromNameByArch(name, arch)
			if err != nil || nr < 0 || (t.end != 0 && uint32(nr) >= t.end) {
				continue
			}
			last = max(last, int64(nr))
		}
	}
	return last
}

func linked() (library, error) {
	major, minor, micro := seccomp.GetLibraryVersion()
	lib := library{Version: fmt.Sprintf("%d.%d.%d", major, minor, micro)}
	var err error
	if lib.API, err = seccomp.GetAPI(); err != nil {
		return library{}, err
	}
	for _, name := range own.Features().Archs {
		if hasArch(specs.Arch(name)) {
			lib.Archs = append(lib.Archs, name)
		}
	}
	return lib, nil
}

// hasArch asks with the architecture alone: one filter holds one byte order.
func hasArch(name specs.Arch) bool {
	arch, err := archOf(name)
	if err != nil {
		return false
	}
	_, err = seccomp.GetSyscallFromNameByArch("read", arch)
	return err == nil
}
