package verity

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// call is _IOWR(0xfd, command, struct dm_ioctl) of include/uapi/linux/dm-ioctl.h;
// arg begins with that structure.
func call(fd int, command uintptr, arg []byte) error {
	const sized = 3<<30 | headSize<<16 | 0xfd<<8
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), sized|command, uintptr(unsafe.Pointer(&arg[0])))
	if errno != 0 {
		return errno
	}
	return nil
}
