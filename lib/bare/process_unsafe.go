package bare

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is set here is set on the calling thread; gt-init has one.

// Unshare is unshare(2).
func Unshare(flags uint64) Errno { return call(unix.SYS_UNSHARE, [5]uintptr{uintptr(flags)}) }

// Umask is umask(2).
func Umask(mode uint32) { _ = call(unix.SYS_UMASK, [5]uintptr{uintptr(mode)}) }

// Setsid is setsid(2).
func Setsid() Errno { return call(unix.SYS_SETSID, [5]uintptr{}) }

// Prctl is prctl(2) without pointers.
func Prctl(op int, a, b uintptr) Errno { return call(unix.SYS_PRCTL, [5]uintptr{uintptr(op), a, b}) }

// Ioctl is ioctl(2) with a number.
func Ioctl(fd int, request, value uintptr) (int, Errno) {
	r, _, e := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), request, value)
	return int(r), e
}

// Unlock lets the other side of a terminal be opened (TIOCSPTLCK).
func Unlock(master int) Errno {
	var zero int32
	_, _, e := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCSPTLCK, uintptr(unsafe.Pointer(&zero)))
	return e
}

// Window sets the size of a terminal (TIOCSWINSZ).
func Window(fd int, size *unix.Winsize) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCSWINSZ, uintptr(unsafe.Pointer(size)))
	return e
}

// Loopback sets the interface lo up (netdevice(7), SIOCSIFFLAGS).
func Loopback() Errno {
	fd, _, e := syscall.RawSyscall(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if e != 0 {
		return e
	}
	req := struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: unix.IFF_UP | unix.IFF_RUNNING}
	copy(req.name[:], "lo")
	_, _, e = syscall.RawSyscall(unix.SYS_IOCTL, fd, unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
	Close(int(fd))
	return e
}

// Hostname is sethostname(2).
func Hostname(name string) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SETHOSTNAME, uintptr(bytesOf(name)), uintptr(len(name)), 0)
	return e
}

// Domainname is setdomainname(2).
func Domainname(name string) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SETDOMAINNAME, uintptr(bytesOf(name)), uintptr(len(name)), 0)
	return e
}

// Rlimit is prlimit(2) of oneself.
func Rlimit(resource int, limit *unix.Rlimit) Errno {
	_, _, e := syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, uintptr(resource), uintptr(unsafe.Pointer(limit)), 0, 0, 0)
	return e
}

// Keyring joins a new session keyring (keyctl(2)).
func Keyring(name string) Errno {
	_, e := onName(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, name, [3]uintptr{})
	return e
}

// SchedSetAttr is sched_setattr(2), attr being a struct sched_attr.
func SchedSetAttr(attr string) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SCHED_SETATTR, 0, uintptr(bytesOf(attr)), 0)
	return e
}

// Affinity is sched_setaffinity(2), mask being the bits of the CPUs.
func Affinity(mask string) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, 0, uintptr(len(mask)), uintptr(bytesOf(mask)))
	return e
}

// IOPriority is ioprio_set(2).
func IOPriority(value uint64) Errno {
	return call(unix.SYS_IOPRIO_SET, [5]uintptr{1, 0, uintptr(value)})
}

// Personality is personality(2).
func Personality(value uint64) Errno {
	return call(unix.SYS_PERSONALITY, [5]uintptr{uintptr(value)})
}

// MemoryPolicy is set_mempolicy(2) with the nodes as bits; none is no mask.
func MemoryPolicy(mode uint64, nodes []uint64) Errno {
	var mask, bits uintptr
	if len(nodes) > 0 {
		mask, bits = uintptr(unsafe.Pointer(unsafe.SliceData(nodes))), uintptr(64*len(nodes)+1) // the kernel takes one off
	}
	_, _, e := syscall.RawSyscall(unix.SYS_SET_MEMPOLICY, uintptr(mode), mask, bits)
	return e
}

// Setns is setns(2).
func Setns(fd int, flags uint64) Errno {
	return call(unix.SYS_SETNS, [5]uintptr{uintptr(fd), uintptr(flags)})
}

// Groups is setgroups(2).
func Groups(gids []uint32) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(gids)), uintptr(unsafe.Pointer(unsafe.SliceData(gids))), 0)
	return e
}

// Group sets real, effective and saved group.
func Group(gid uint32) Errno {
	g := uintptr(gid)
	return call(unix.SYS_SETRESGID, [5]uintptr{g, g, g})
}

// User sets real, effective and saved user.
func User(uid uint32) Errno {
	u := uintptr(uid)
	return call(unix.SYS_SETRESUID, [5]uintptr{u, u, u})
}

// Capabilities is capset(2).
func Capabilities(effective, permitted, inheritable uint64) Errno {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(effective), Permitted: uint32(permitted), Inheritable: uint32(inheritable)},
		{Effective: uint32(effective >> 32), Permitted: uint32(permitted >> 32), Inheritable: uint32(inheritable >> 32)},
	}
	_, _, e := syscall.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data)), 0)
	return e
}

// May tells whether this thread has a capability below 32 in effect (capget(2)).
func May(capability uint) bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	_, _, e := syscall.RawSyscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data)), 0)
	return e == 0 && data[0].Effective>>capability&1 != 0
}

// Seccomp loads a filter, an array of struct sock_filter (seccomp(2),
// SECCOMP_SET_MODE_FILTER). It returns the listener if flags ask for one.
func Seccomp(filter string, flags uint64) (int, Errno) {
	prog := struct {
		n uint16
		p unsafe.Pointer
	}{uint16(len(filter) / 8), bytesOf(filter)}
	fd, _, e := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&prog)))
	return int(fd), e
}

// Halves packs numbers below 2^32 into the same memory, as 32 bits each.
func Halves(nums []uint64) []uint32 {
	small := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(nums))), len(nums))
	for i, n := range nums {
		small[i] = uint32(n)
	}
	return small
}
