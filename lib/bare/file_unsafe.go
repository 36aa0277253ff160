package bare

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// AtCwd is the directory of openat(2) and its like that means none.
const AtCwd = unix.AT_FDCWD

// Open is openat(2).
func Open(dir int, name string, flags int, mode uint32) (int, Errno) {
	return onName(unix.SYS_OPENAT, dir, name, [3]uintptr{uintptr(flags | unix.O_CLOEXEC), uintptr(mode)})
}

// openat2 is openat2(2).
func openat2(dir int, name string, how *unix.OpenHow) (int, Errno) {
	var n cname
	if errno := n.set(name); errno != 0 {
		return -1, errno
	}
	r, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT2, uintptr(dir), uintptr(unsafe.Pointer(&n)),
		uintptr(unsafe.Pointer(how)), unsafe.Sizeof(*how), 0, 0)
	return int(r), errno
}

// Close closes a descriptor; its error says nothing that helps.
func Close(fd int) { _ = call(unix.SYS_CLOSE, [5]uintptr{uintptr(fd)}) }

// CloseRange is close_range(2), first and last included.
func CloseRange(first, last int, flags uint) Errno {
	return call(unix.SYS_CLOSE_RANGE, [5]uintptr{uintptr(first), uintptr(last), uintptr(flags)})
}

// Dup copies a descriptor, close-on-exec.
func Dup(fd int) (int, Errno) {
	r, _, e := syscall.RawSyscall(unix.SYS_FCNTL, uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	return int(r), e
}

// Dup3 is dup3(2).
func Dup3(from, to, flags int) Errno {
	return call(unix.SYS_DUP3, [5]uintptr{uintptr(from), uintptr(to), uintptr(flags)})
}

// CloseOnExec sets the flag.
func CloseOnExec(fd int) Errno {
	return call(unix.SYS_FCNTL, [5]uintptr{uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC})
}

// Stat is fstatat(2); an empty name with AT_EMPTY_PATH is the descriptor.
func Stat(dir int, name string, st *unix.Stat_t, flags int) Errno {
	var n cname
	if errno := n.set(name); errno != 0 {
		return errno
	}
	_, _, errno := syscall.RawSyscall6(fstatat, uintptr(dir), uintptr(unsafe.Pointer(&n)),
		uintptr(unsafe.Pointer(st)), uintptr(flags), 0, 0)
	return errno
}

// Fstat is fstat(2).
func Fstat(fd int, st *unix.Stat_t) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(st)), 0)
	return e
}

// Statfs is statfs(2).
func Statfs(name string, st *unix.Statfs_t) Errno {
	var n cname
	if errno := n.set(name); errno != 0 {
		return errno
	}
	_, _, e := syscall.RawSyscall(unix.SYS_STATFS, uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(st)), 0)
	return e
}

// Fstatfs is fstatfs(2).
func Fstatfs(fd int, st *unix.Statfs_t) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_FSTATFS, uintptr(fd), uintptr(unsafe.Pointer(st)), 0)
	return e
}

// Access is faccessat2(2).
func Access(dir int, name string, mode uint32, flags int) Errno {
	_, e := onName(unix.SYS_FACCESSAT2, dir, name, [3]uintptr{uintptr(mode), uintptr(flags)})
	return e
}

// Read is read(2).
func Read(fd int, b []byte) (int, Errno) { return Pread(fd, b, -1) }

// Pread is pread(2), or read(2) if the offset is negative.
func Pread(fd int, b []byte, offset int64) (int, Errno) {
	nr := uintptr(unix.SYS_PREAD64)
	if offset < 0 {
		nr = unix.SYS_READ
	}
	r, _, e := syscall.RawSyscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), uintptr(offset), 0, 0)
	return int(r), e
}

// Write is write(2) of a string.
func Write(fd int, s string) (int, Errno) {
	r, _, e := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(bytesOf(s)), uintptr(len(s)))
	return int(r), e
}

// Rewind is lseek(2) to the beginning.
func Rewind(fd int) Errno { return call(unix.SYS_LSEEK, [5]uintptr{uintptr(fd), 0, unix.SEEK_SET}) }

// Mkdir is mkdirat(2).
func Mkdir(dir int, name string, mode uint32) Errno {
	_, e := onName(unix.SYS_MKDIRAT, dir, name, [3]uintptr{uintptr(mode)})
	return e
}

// Mknod is mknodat(2).
func Mknod(dir int, name string, mode uint32, dev uint64) Errno {
	_, e := onName(unix.SYS_MKNODAT, dir, name, [3]uintptr{uintptr(mode), uintptr(dev)})
	return e
}

// Symlink is symlinkat(2).
func Symlink(target string, dir int, name string) Errno {
	var t, n cname
	if errno := t.set(target); errno != 0 {
		return errno
	}
	if errno := n.set(name); errno != 0 {
		return errno
	}
	_, _, e := syscall.RawSyscall(unix.SYS_SYMLINKAT, uintptr(unsafe.Pointer(&t)), uintptr(dir), uintptr(unsafe.Pointer(&n)))
	return e
}

// Readlink is readlinkat(2).
func Readlink(dir int, name string, b []byte) (int, Errno) {
	var n cname
	if errno := n.set(name); errno != 0 {
		return -1, errno
	}
	r, _, e := syscall.RawSyscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(&n)),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0)
	return int(r), e
}

// Owner is a user and a group.
type Owner struct{ UID, GID uint32 }

// Chown is fchownat(2).
func Chown(dir int, name string, to Owner, flags int) Errno {
	_, e := onName(unix.SYS_FCHOWNAT, dir, name, [3]uintptr{uintptr(to.UID), uintptr(to.GID), uintptr(flags)})
	return e
}

// Chmod is fchmodat(2), and follows a symlink.
func Chmod(dir int, name string, mode uint32) Errno {
	_, e := onName(unix.SYS_FCHMODAT, dir, name, [3]uintptr{uintptr(mode)})
	return e
}

// Fchmod is fchmod(2).
func Fchmod(fd int, mode uint32) Errno {
	return call(unix.SYS_FCHMOD, [5]uintptr{uintptr(fd), uintptr(mode)})
}

// SetXattr sets an extended attribute of an open file.
func SetXattr(fd int, name, value string) Errno {
	var n cname
	if e := n.set(name); e != 0 {
		return e
	}
	_, _, e := syscall.RawSyscall6(unix.SYS_FSETXATTR, uintptr(fd), uintptr(unsafe.Pointer(&n)), uintptr(bytesOf(value)), uintptr(len(value)), 0, 0)
	return e
}

// Times is utimensat(2): access and modification time.
func Times(dir int, name string, times *[2]unix.Timespec, flags int) Errno {
	var n cname
	if errno := n.set(name); errno != 0 {
		return errno
	}
	_, _, e := syscall.RawSyscall6(unix.SYS_UTIMENSAT, uintptr(dir), uintptr(unsafe.Pointer(&n)),
		uintptr(unsafe.Pointer(times)), uintptr(flags), 0, 0)
	return e
}

// Sendfile is sendfile(2) from where from stands.
func Sendfile(to, from, n int) (int, Errno) {
	r, _, e := syscall.RawSyscall6(unix.SYS_SENDFILE, uintptr(to), uintptr(from), 0, uintptr(n), 0, 0)
	return int(r), e
}

// Entries is getdents64(2).
func Entries(fd int, b []byte) (int, Errno) {
	r, _, e := syscall.RawSyscall(unix.SYS_GETDENTS64, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(r), e
}

// Memfd is memfd_create(2), close-on-exec.
func Memfd(name string) (int, Errno) { return byName(unix.SYS_MEMFD_CREATE, name, unix.MFD_CLOEXEC, 0) }

// Poll is poll(2); the timeout is in milliseconds, -1 for ever.
func Poll(fds []unix.PollFd, timeout int) (int, Errno) {
	var ts *unix.Timespec
	if timeout >= 0 {
		ts = &unix.Timespec{Sec: int64(timeout / 1000), Nsec: int64(timeout%1000) * 1e6}
	}
	r, _, e := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)),
		uintptr(unsafe.Pointer(ts)), 0, 0, 0)
	return int(r), e
}
