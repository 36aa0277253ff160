package main

import (
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// What libseccomp is asked to write.
type form int

const (
	asBPF form = iota
	asPFC
)

func compile(o *tool.Options) func(*tool.Call) error {
	var t target
	output := "-"
	t.declare(o)
	o.String(&output, "output", 'o', "FILE", "write to FILE, not to stdout")
	return func(c *tool.Call) error {
		s, err := profileOf(c, t)
		if err != nil {
			return err
		}
		filter, err := filterOf(s, t.arch)
		if err != nil {
			return err
		}
		if output == "-" {
			return c.Print(filter)
		}
		return os.WriteFile(output, filter, 0o644)
	}
}

// filterOf is the whole filter: the check for unknown system calls, then what
// libseccomp made of the rules.
func filterOf(s *specs.LinuxSeccomp, arch specs.Arch) ([]byte, error) {
	if err := seccomp.Check(s); err != nil {
		return nil, err
	}
	body, ranges, err := build(s, arch, asBPF)
	if err != nil {
		return nil, err
	}
	var front []byte
	if refuses(s) {
		front = encode(newer(ranges))
	}
	if n := (len(front) + len(body)) / 8; n > unix.BPF_MAXINSNS {
		return nil, fail.Spec("/linux/seccomp/syscalls", "make %d instructions, need at most %d", n, unix.BPF_MAXINSNS)
	}
	return append(front, body...), nil
}

// returnOf is what the kernel is told for an action: SECCOMP_RET_* with its data.
func returnOf(name specs.LinuxSeccompAction, errno *uint) uint32 {
	data := uint32(0)
	if name == specs.ActErrno || name == specs.ActTrace {
		data = uint32(unix.EPERM)
		if errno != nil {
			data = uint32(*errno)
		}
	}
	return seccomp.ReturnOf(name) | data
}

// refuses says whether an unknown system call would meet an action that a C
// library does not take for "the kernel has no such call". A tracer answers for
// itself.
func refuses(s *specs.LinuxSeccomp) bool {
	switch s.DefaultAction {
	case specs.ActAllow, specs.ActLog, specs.ActTrace:
		return false
	case specs.ActErrno:
		return s.DefaultErrnoRet == nil || *s.DefaultErrnoRet != uint(unix.ENOSYS)
	}
	return true
}
