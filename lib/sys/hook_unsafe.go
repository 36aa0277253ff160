package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
)

// A Program is one that Launch starts. Like all of lib/bare it needs no
// runtime: gt-init starts hooks with it.
type Program struct {
	Path  string
	Args  []string
	Env   []string
	Files [3]int // its descriptors 0, 1 and 2, none of them among 0 and 1
	path  [unix.PathMax]byte
	args  bare.Vector
	env   bare.Vector
	pidfd int32
	mask  uint64 // signals that were blocked before
	errno uintptr
}

// Launch starts the program by vfork and returns when it is executed. All other
// descriptors are closed in it. The pidfd is the caller's.
func (p *Program) Launch() (pid, pidfd int, e syscall.Errno) {
	if len(p.Path) >= len(p.path) {
		return -1, -1, syscall.ENAMETOOLONG
	}
	copy(p.path[:], p.Path)
	if p.args, e = bare.NewVector(p.Args); e != 0 {
		return -1, -1, e
	}
	if p.env, e = bare.NewVector(p.Env); e != 0 {
		return -1, -1, e
	}
	// A handler of this program must not run in the child, which shares its
	// memory.
	all := ^uint64(0)
	setMask(&all, &p.mask)
	child := p.fork()
	setMask(&p.mask, nil)
	if p.errno == 0 {
		return int(child), int(p.pidfd), 0
	}
	if child != 0 {
		var ws syscall.WaitStatus
		_, _, _ = syscall.RawSyscall6(unix.SYS_WAIT4, child, uintptr(unsafe.Pointer(&ws)), 0, 0, 0, 0)
		bare.Close(int(p.pidfd))
	}
	return -1, -1, syscall.Errno(p.errno)
}

//go:nosplit
func setMask(set, old *uint64) {
	_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(set)),
		uintptr(unsafe.Pointer(old)), unsafe.Sizeof(*set), 0, 0)
}

//go:noinline
//go:norace
//go:nosplit
func (p *Program) fork() uintptr {
	pid, e := rawVfork(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_VFORK|unix.CLONE_PIDFD|uintptr(unix.SIGCHLD), 0,
		uintptr(unsafe.Pointer(&p.pidfd)))
	if e != 0 {
		p.errno = e
		return 0
	}
	if pid == 0 {
		p.become()
		for {
			_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 1, 0, 0)
		}
	}
	return pid
}

//go:noinline
//go:norace
//go:nosplit
func (p *Program) become() {
	for i, fd := range p.Files {
		if fd == i {
			_, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFD, 0)
			p.errno = uintptr(e)
		} else {
			_, _, e := syscall.RawSyscall(unix.SYS_DUP3, uintptr(fd), uintptr(i), 0)
			p.errno = uintptr(e)
		}
		if p.errno != 0 {
			return
		}
	}
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE_RANGE, uintptr(len(p.Files)), ^uintptr(0)&0xffffffff, unix.CLOSE_RANGE_CLOEXEC)
	setMask(&p.mask, nil)
	_, _, e := syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(&p.path)), uintptr(p.args), uintptr(p.env))
	p.errno = uintptr(e)
}

// Signal is pidfd_send_signal(2); a process that has ended needs none.
func Signal(pidfd int, sig syscall.Signal) {
	_, _, _ = syscall.RawSyscall6(unix.SYS_PIDFD_SEND_SIGNAL, uintptr(pidfd), uintptr(sig), 0, 0, 0, 0)
}

// Reap is wait4(2) of one child, giving the wait status.
func Reap(pid int) (status uint32, e syscall.Errno) {
	for {
		_, _, e := syscall.RawSyscall6(unix.SYS_WAIT4, uintptr(pid), uintptr(unsafe.Pointer(&status)), 0, 0, 0, 0)
		if e != syscall.EINTR {
			return status, e
		}
	}
}
