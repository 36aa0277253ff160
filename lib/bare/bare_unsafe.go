// Package bare makes system calls and does nothing else: it allocates nothing,
// never enters Go's scheduler, and keeps no state. So it works in a process in
// which Go's runtime has not been started (gt-init, between vfork and exec).
// Errors are numbers, 0 is none; strings are copied to the stack for their end.
//
// A call that blocks keeps the thread: programs with a runtime wait with poll
// first.
package bare

import (
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Errno is an error number of the kernel, 0 for none.
type Errno = syscall.Errno

// None says that a number is no error, for who needs an error.
func None(e Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// cname is a string as the kernel takes it.
type cname [unix.PathMax]byte

func (n *cname) set(s string) Errno {
	if len(s) >= len(n) {
		return syscall.ENAMETOOLONG
	}
	if strings.IndexByte(s, 0) >= 0 {
		return syscall.EINVAL
	}
	copy(n[:], s)
	return 0
}

// Text is a string that shares b, which must not change after.
func Text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Trim takes spaces, tabs and ends of line off both ends. Package strings knows
// all of Unicode's, for which it needs the runtime.
func Trim(s string) string {
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// bytesOf are the bytes of a string, not to be written to.
func bytesOf(s string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(s)) }

// call is a call without pointers.
func call(nr uintptr, a [5]uintptr) Errno {
	_, _, errno := syscall.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], 0)
	return errno
}

// onName is a call whose second argument is a name.
func onName(nr uintptr, dir int, name string, a [3]uintptr) (int, Errno) {
	var n cname
	if errno := n.set(name); errno != 0 {
		return -1, errno
	}
	r, _, errno := syscall.RawSyscall6(nr, uintptr(dir), uintptr(unsafe.Pointer(&n)), a[0], a[1], a[2], 0)
	return int(r), errno
}

// byName is a call whose first argument is a name.
func byName(nr uintptr, name string, b, c uintptr) (int, Errno) {
	var n cname
	if errno := n.set(name); errno != 0 {
		return -1, errno
	}
	r, _, errno := syscall.RawSyscall(nr, uintptr(unsafe.Pointer(&n)), b, c)
	return int(r), errno
}

// Now is the monotonic clock in nanoseconds.
func Now() int64 {
	var ts unix.Timespec
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Sec*1e9 + ts.Nsec
}

// Memory maps size bytes of zeros, which take up memory once they are touched.
func Memory(size int) ([]byte, Errno) {
	p, _, e := syscall.RawSyscall6(unix.SYS_MMAP, 0, uintptr(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE, ^uintptr(0), 0)
	return memory(p, size, e)
}

// Shared maps size bytes of a file, to be seen by all who map it.
func Shared(fd, size int) ([]byte, Errno) {
	p, _, e := syscall.RawSyscall6(unix.SYS_MMAP, 0, uintptr(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED|unix.MAP_POPULATE, uintptr(fd), 0)
	return memory(p, size, e)
}

func memory(p uintptr, size int, e Errno) ([]byte, Errno) {
	if e != 0 {
		return nil, e
	}
	// Memory of the kernel's making: no collector moves or frees it.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), size), 0
}

// Exit ends the process.
func Exit(code int) {
	for {
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(code), 0, 0)
	}
}
