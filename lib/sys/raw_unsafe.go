package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exec replaces the program of the calling thread's process. It returns only
// the reason why it did not. Unlike syscall.Exec it leaves resource limits as
// they are.
func Exec(path string, argv, env []string) syscall.Errno {
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return syscall.EINVAL
	}
	a, err := syscall.SlicePtrFromStrings(argv)
	if err != nil {
		return syscall.EINVAL
	}
	e, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return syscall.EINVAL
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(p)),
		uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&e[0])))
	return errno
}

// Seccomp loads a filter, an array of struct sock_filter, into the calling
// thread (seccomp(2), SECCOMP_SET_MODE_FILTER). It returns the listener's
// descriptor if flags ask for one.
func Seccomp(filter []byte, flags uint) (int, syscall.Errno) {
	prog := struct {
		n uint16
		p *byte
	}{uint16(len(filter) / 8), &filter[0]}
	fd, _, e := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags),
		uintptr(unsafe.Pointer(&prog)))
	return int(fd), e
}

// SetGroups sets the supplementary groups of the calling thread only.
func SetGroups(gids []uint32) syscall.Errno {
	var p unsafe.Pointer
	if len(gids) > 0 {
		p = unsafe.Pointer(&gids[0])
	}
	_, _, e := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(gids)), uintptr(p), 0)
	return e
}

// SchedSetAttr is sched_setattr(2) for the calling thread, attr being a struct
// sched_attr as bytes.
func SchedSetAttr(attr []byte) syscall.Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SCHED_SETATTR, 0, uintptr(unsafe.Pointer(&attr[0])), 0)
	return e
}

// Affinity is sched_setaffinity(2) for the process pid (0 is the calling
// thread), mask being the bits of the CPUs.
func Affinity(pid int, mask []byte) syscall.Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, uintptr(pid), uintptr(len(mask)),
		uintptr(unsafe.Pointer(&mask[0])))
	return e
}

// LoopbackUp sets the interface lo up (netdevice(7), SIOCSIFFLAGS).
func LoopbackUp() syscall.Errno {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(fd)
	req := struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: unix.IFF_UP | unix.IFF_RUNNING}
	copy(req.name[:], "lo")
	_, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
	return e
}

// CapSet sets the three capability sets of the calling thread.
func CapSet(effective, permitted, inheritable uint64) error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(effective), Permitted: uint32(permitted), Inheritable: uint32(inheritable)},
		{Effective: uint32(effective >> 32), Permitted: uint32(permitted >> 32), Inheritable: uint32(inheritable >> 32)},
	}
	return unix.Capset(&head, &data[0])
}

// CapGet returns the permitted set of the calling thread.
func CapGet() (permitted uint64, err error) {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return 0, err
	}
	return uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32, nil
}

func errnoOf(err error) syscall.Errno {
	if e, ok := err.(syscall.Errno); ok {
		return e
	}
	return syscall.EIO
}
