package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// watchThread puts a filter on this thread alone that asks for every call, and
// returns the descriptor that is asked. Once a question has been taken the asker
// waits also through signals, where the kernel can do that (5.19).
func watchThread() (int, error) {
	ask := [1]unix.SockFilter{{Code: opRet, K: unix.SECCOMP_RET_USER_NOTIF}}
	prog := unix.SockFprog{Len: 1, Filter: &ask[0]}
	flags := uintptr(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
	for {
		fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
		if errno == unix.EINVAL && flags&unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV != 0 {
			flags &^= unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
			continue
		}
		if errno != 0 {
			return -1, errno
		}
		return int(fd), nil
	}
}

// await tells whether somebody asks; false when nobody is left who could. The
// call is raw: it keeps its processor, which the asker could never give back.
func await(fd int) (bool, error) {
	for {
		p := unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		_, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, 0, 0, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return false, errno
		case p.Revents&unix.POLLIN != 0:
			return true, nil
		default:
			return false, nil
		}
	}
}

// notification is struct seccomp_notif, with room for what later kernels add.
type notification struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	_          [256]byte
}

// letGo takes one question and answers "go on". ok is false if the asker died
// before it was answered.
func letGo(fd int) (pid, arch, nr uint32, ok bool, err error) {
	var n notification
	_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n)))
	if errno == unix.ENOENT || errno == unix.EINTR {
		return 0, 0, 0, false, nil
	}
	if errno != 0 {
		return 0, 0, 0, false, errno
	}
	answer := struct {
		id    uint64
		value int64
		err   int32
		flags uint32
		_     [64]byte
	}{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	_, _, errno = unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&answer)))
	if errno != 0 && errno != unix.ENOENT && errno != unix.EINTR {
		return 0, 0, 0, false, errno
	}
	return n.pid, n.arch, uint32(n.nr), true, nil
}
