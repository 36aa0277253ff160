package seccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// install fills what seccomp(2) is told beside the filter.
func install(s *specs.LinuxSeccomp) (Program, error) {
	p := Program{ListenerPath: s.ListenerPath, ListenerMetadata: s.ListenerMetadata}
	if s.ListenerPath == "" && s.ListenerMetadata != "" {
		return p, fail.Spec("/linux/seccomp/listenerMetadata", "is set, need listenerPath too")
	}
	for i := range s.Syscalls {
		if s.Syscalls[i].Action != specs.ActNotify {
			continue
		}
		if s.ListenerPath == "" {
			return p, fail.Spec(index("/linux/seccomp/syscalls", i)+"/action", "have %s, need listenerPath too", specs.ActNotify)
		}
		p.NeedsListener = true
		p.Flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		break
	}
	if s.Flags == nil {
		// Absent is not empty: engines that do not know the member get the
		// behaviour they have from runc, no Speculative Store Bypass penalty.
		p.Flags |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	}
	for i, name := range s.Flags {
		bit, err := flagBit(index("/linux/seccomp/flags", i), name, p.NeedsListener)
		if err != nil {
			return p, err
		}
		p.Flags |= bit
	}
	return p, nil
}

func flagBit(at string, name specs.LinuxSeccompFlag, listener bool) (uint32, error) {
	f, ok := flagOf(name)
	switch {
	case !ok:
		return 0, fail.Spec(at, "unknown flag %q, need one of %s", name, list(flagNames()))
	case f.bit == unix.SECCOMP_FILTER_FLAG_TSYNC:
		// Holds by itself: the thread that installs the filter is the only one
		// that survives the exec. The bit would put gt-init's own threads under
		// the profile before that.
		return 0, nil
	case f.bit == unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !listener:
		return 0, fail.Spec(at, "have %s without a rule of %s, need one (the kernel says EINVAL)", name, specs.ActNotify)
	case !flagSupported(f.bit):
		e := fail.Spec(at, "%s: need Linux %s", name, f.since)
		e.Code = fail.CodeKernel
		return 0, e
	}
	return f.bit, nil
}
