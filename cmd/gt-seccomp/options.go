package main

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// declare adds the options that say what container the profile is for.
func (t *target) declare(o *tool.Options) {
	*t = hostTarget()
	o.Func(t.setCaps, "cap", 0, "LIST", "capabilities the container has, as CAP_SYS_ADMIN,bpf")
	o.Func(t.setArch, "arch", 0, "ARCH", "architecture of the container, as amd64 or SCMP_ARCH_X86_64")
	o.Func(t.setKernel, "kernel", 0, "VERSION", "kernel of the container, as 6.1")
}

func (t *target) setCaps(value string) error {
	for _, c := range strings.Split(value, ",") {
		c = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(c)), "CAP_")
		if c == "" {
			return fail.Usage("have an empty name in %q", value)
		}
		t.caps = append(t.caps, "CAP_"+c)
	}
	return nil
}

func (t *target) setArch(value string) error {
	t.arch = specs.Arch(value)
	if a := seccomp.ArchOf(value); a != "" {
		t.arch = a
	}
	if !slices.Contains(seccomp.Features().Archs, string(t.arch)) {
		return fail.Usage("unknown architecture %q, need one as amd64 or SCMP_ARCH_X86_64", value)
	}
	return nil
}

func (t *target) setKernel(value string) error {
	v, ok := kernelVersion(value)
	if !ok {
		return fail.Usage("have %q, need a version as 6.1", value)
	}
	t.kernel = v
	return nil
}
