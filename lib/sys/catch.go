package sys

import "golang.org/x/sys/unix"

// Own tells whether Go's runtime needs a signal itself: those of faults, which
// it turns into panics and stack traces, and those it sends to its threads.
func Own(s unix.Signal) bool {
	switch s {
	case unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSTKFLT,
		unix.SIGSYS, unix.SIGPROF, unix.SIGURG, 32, 33, 34:
		return true
	}
	return false
}
