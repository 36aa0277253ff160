package shell

import (
	"maps"
	"syscall"

	"golang.org/x/sys/unix"
)

// floor is the lowest number of a descriptor that the shell itself holds:
// scripts name descriptors below it, and the Go runtime keeps its own there.
const floor = 64

// resumeAt is the number by which a subshell gets its state.
const resumeAt = floor - 1

// closed marks a descriptor that the script has closed.
const closed = -1

// table maps the descriptor numbers of the script to descriptors of this
// process. A number that is not in the table is the one this process was
// started with. Entries are owned by the command that made them.
type table map[int]int

// real is the descriptor behind a number of the script, -1 if it is not open.
func (t table) real(n int) int {
	if fd, ok := t[n]; ok {
		return fd
	}
	if inherited(n) {
		return n
	}
	return closed
}

// inherited tells whether n came from our parent: what the Go runtime and this
// package open is close-on-exec.
func inherited(n int) bool {
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

func (t table) clone() table {
	c := maps.Clone(t)
	if c == nil {
		c = table{}
	}
	return c
}

// files lists the descriptors of a new process in the order of their numbers,
// as syscall.ProcAttr wants them.
func (t table) files() []uintptr {
	top := 2
	for n := range t {
		top = max(top, n)
	}
	list := make([]uintptr, top+1)
	for n := range list {
		if fd := t.real(n); fd >= 0 {
			list[n] = uintptr(fd)
		} else {
			list[n] = ^uintptr(0)
		}
	}
	return list
}

// lift moves a descriptor out of the numbers that scripts use. The old number
// is closed.
func lift(fd int) (int, error) {
	if fd >= floor {
		return fd, nil
	}
	high, err := dup(fd)
	closeFd(fd)
	return high, err
}

// dup copies a descriptor to a high number, close-on-exec. If the limit of open
// files is below the floor, the lowest free number has to do.
func dup(fd int) (int, error) {
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, floor)
	if err == unix.EINVAL {
		high, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10)
	}
	return high, err
}

// closeFd closes a descriptor of the shell. Linux frees the number whatever
// close returns.
func closeFd(fd int) { _ = syscall.Close(fd) }

// apply makes the table the real descriptors of this process: the last thing
// before exec.
func (t table) apply() error {
	for n, fd := range t {
		if fd == closed {
			closeFd(n)
		} else if err := unix.Dup3(fd, n, 0); err != nil {
			return err
		}
	}
	return nil
}

// drop closes the descriptors of t that keep does not use.
func (t table) drop(keep table) {
	used := map[int]bool{}
	for _, fd := range keep {
		used[fd] = true
	}
	for _, fd := range t {
		if fd != closed && !used[fd] {
			used[fd] = true
			closeFd(fd)
		}
	}
}
