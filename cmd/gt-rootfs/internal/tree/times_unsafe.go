package tree

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// futimens is utimensat(2) without a path, which then is not looked up; fd may
// not be O_PATH.
func futimens(fd int, ts *[2]unix.Timespec) error {
	for {
		_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(ts)), 0, 0, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
			continue
		}
		return errno
	}
}
