package seccomp

import "golang.org/x/sys/unix"

// Support is what this build knows of seccomp and what the kernel does. Names
// are the spec's, sorted.
type Support struct {
	Actions        []string // known to the compiler
	KernelActions  []string // of Actions, those the running kernel has
	Operators      []string
	Archs          []string
	KnownFlags     []string
	SupportedFlags []string // of KnownFlags, those the running kernel has
}

// Features asks the kernel by seccomp(2) and starts no program.
func Features() Support {
	s := Support{
		Actions:    words(actionNames()),
		Operators:  words(operators),
		Archs:      words(archs),
		KnownFlags: words(flagNames()),
	}
	for _, a := range actions {
		if actionSupported(a.ret) {
			s.KernelActions = append(s.KernelActions, string(a.name))
		}
	}
	for _, f := range flags {
		if flagSupported(f.bit) {
			s.SupportedFlags = append(s.SupportedFlags, string(f.name))
		}
	}
	return s
}

// flagSupported gives the kernel a flag and no filter: EFAULT says that it went
// as far as to look for the filter, EINVAL that it does not know the flag.
func flagSupported(bit uint32) bool {
	if bit == unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV {
		bit |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER // is EINVAL without it
	}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(bit), 0)
	return errno == unix.EFAULT
}
