package bare

import (
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Vector is a list of strings as execve(2) takes it.
type Vector unsafe.Pointer

// NewVector copies strings into memory of its own, which is given back by exec
// or exit alone.
func NewVector(list []string) (Vector, Errno) {
	const word = int(unsafe.Sizeof(uintptr(0)))
	at := word * (len(list) + 1)
	size := at
	for _, s := range list {
		if strings.IndexByte(s, 0) >= 0 {
			return nil, syscall.EINVAL
		}
		size += len(s) + 1
	}
	m, e := Memory(size)
	if e != 0 {
		return nil, e
	}
	base := unsafe.Pointer(unsafe.SliceData(m))
	for i, s := range list {
		*(*uintptr)(unsafe.Add(base, word*i)) = uintptr(base) + uintptr(at)
		at += copy(m[at:], s) + 1
	}
	return Vector(base), 0
}

// Exec replaces the program, by this system call and no other. It returns only
// the reason why it did not.
func Exec(path string, argv, env Vector) Errno {
	var n cname
	if e := n.set(path); e != 0 {
		return e
	}
	_, _, e := syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(&n)), uintptr(argv), uintptr(env))
	return e
}
