package bare

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Mount is mount(2) for calls that change what is mounted: no type, no data.
func Mount(target string, flags uint64) Errno {
	var t cname
	if errno := t.set(target); errno != 0 {
		return errno
	}
	var none byte
	_, _, e := syscall.RawSyscall6(unix.SYS_MOUNT, uintptr(unsafe.Pointer(&none)), uintptr(unsafe.Pointer(&t)),
		uintptr(unsafe.Pointer(&none)), uintptr(flags), 0, 0)
	return e
}

// Unmount is umount2(2).
func Unmount(target string, flags int) Errno {
	_, e := byName(unix.SYS_UMOUNT2, target, uintptr(flags), 0)
	return e
}

// PivotHere is pivot_root(".", ".").
func PivotHere() Errno {
	here := [2]byte{'.'}
	_, _, e := syscall.RawSyscall(unix.SYS_PIVOT_ROOT, uintptr(unsafe.Pointer(&here)), uintptr(unsafe.Pointer(&here)), 0)
	return e
}

// Chroot is chroot(2).
func Chroot(name string) Errno {
	_, e := byName(unix.SYS_CHROOT, name, 0, 0)
	return e
}

// Chdir is chdir(2).
func Chdir(name string) Errno {
	_, e := byName(unix.SYS_CHDIR, name, 0, 0)
	return e
}

// Fchdir is fchdir(2).
func Fchdir(fd int) Errno { return call(unix.SYS_FCHDIR, [5]uintptr{uintptr(fd)}) }

// Getcwd is getcwd(2); the count includes the NUL.
func Getcwd(b []byte) (int, Errno) {
	r, _, e := syscall.RawSyscall(unix.SYS_GETCWD, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0)
	return int(r), e
}

// Clone is open_tree(2) with OPEN_TREE_CLONE: a detached copy, close-on-exec.
func Clone(dir int, name string, flags uint) (int, Errno) {
	return onName(unix.SYS_OPEN_TREE, dir, name, [3]uintptr{uintptr(flags | unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)})
}

// Attach is move_mount(2) of a detached tree to a place: the descriptor to, or
// with a name that.
func Attach(tree, to int, name string) Errno {
	var n cname
	if errno := n.set(name); errno != 0 {
		return errno
	}
	flags := uintptr(unix.MOVE_MOUNT_F_EMPTY_PATH)
	if name == "" {
		flags |= unix.MOVE_MOUNT_T_EMPTY_PATH
	}
	var none byte
	_, _, e := syscall.RawSyscall6(unix.SYS_MOVE_MOUNT, uintptr(tree), uintptr(unsafe.Pointer(&none)),
		uintptr(to), uintptr(unsafe.Pointer(&n)), flags, 0)
	return e
}

// Fsopen is fsopen(2), close-on-exec.
func Fsopen(fstype string) (int, Errno) {
	return byName(unix.SYS_FSOPEN, fstype, unix.FSOPEN_CLOEXEC, 0)
}

// Fspick is fspick(2) of an open mount, close-on-exec.
func Fspick(at int) (int, Errno) {
	return onName(unix.SYS_FSPICK, at, "", [3]uintptr{unix.FSPICK_CLOEXEC | unix.FSPICK_EMPTY_PATH})
}

// FsReconfigure changes a filesystem that is there.
func FsReconfigure(fs int) Errno {
	return call(unix.SYS_FSCONFIG, [5]uintptr{uintptr(fs), unix.FSCONFIG_CMD_RECONFIGURE})
}

// FsSet gives a filesystem context a string (fsconfig(2)).
func FsSet(fs int, key, value string) Errno {
	var k, v cname
	if errno := k.set(key); errno != 0 {
		return errno
	}
	if errno := v.set(value); errno != 0 {
		return errno
	}
	_, _, e := syscall.RawSyscall6(unix.SYS_FSCONFIG, uintptr(fs), unix.FSCONFIG_SET_STRING,
		uintptr(unsafe.Pointer(&k)), uintptr(unsafe.Pointer(&v)), 0, 0)
	return e
}

// FsFlag gives a filesystem context a flag.
func FsFlag(fs int, key string) Errno {
	var k cname
	if errno := k.set(key); errno != 0 {
		return errno
	}
	_, _, e := syscall.RawSyscall6(unix.SYS_FSCONFIG, uintptr(fs), unix.FSCONFIG_SET_FLAG, uintptr(unsafe.Pointer(&k)), 0, 0, 0)
	return e
}

// FsCreate makes the filesystem.
func FsCreate(fs int) Errno {
	return call(unix.SYS_FSCONFIG, [5]uintptr{uintptr(fs), unix.FSCONFIG_CMD_CREATE})
}

// Fsmount is fsmount(2), close-on-exec.
func Fsmount(fs int, attr uint64) (int, Errno) {
	r, _, e := syscall.RawSyscall(unix.SYS_FSMOUNT, uintptr(fs), unix.FSMOUNT_CLOEXEC, uintptr(attr))
	return int(r), e
}

// SetAttr is mount_setattr(2) on a descriptor, with all below it if recursive.
func SetAttr(tree int, recursive bool, attr *unix.MountAttr) Errno {
	flags := uintptr(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	var none byte
	_, _, e := syscall.RawSyscall6(unix.SYS_MOUNT_SETATTR, uintptr(tree), uintptr(unsafe.Pointer(&none)), flags,
		uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr), 0)
	return e
}
