package seccomp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// actionSupported asks seccomp(2), SECCOMP_GET_ACTION_AVAIL (Linux 4.14).
func actionSupported(ret uint32) bool {
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&ret)))
	return errno == 0
}
