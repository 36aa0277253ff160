package state

import (
	"bytes"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// StartTime is when a process began, in clock ticks since boot; with the PID it
// names a process for good (proc_pid_stat(5), field 22). A process that has
// ended, waited for or not, is ESRCH.
func StartTime(pid int) (uint64, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	// The fields up to 22 are shorter than this.
	var buf [1024]byte
	b, err := readInto(path, buf[:])
	switch {
	case err == unix.ENOENT || err == unix.ESRCH: // ended before the open, or before the read
		return 0, unix.ESRCH
	case err != nil:
		return 0, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return startTime(b)
}

// startTime reads the text of a stat file. The name in parentheses may contain
// anything, so the fields are counted from the last one. A first thread that has
// ended while others go on, as in an execve(2) by one of those, is a zombie too.
func startTime(stat []byte) (uint64, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return 0, fail.New(fail.CodeInput, "stat has %d fields behind the name, need 20", len(fields))
	}
	if s := fields[0][0]; s == 'X' || s == 'x' || s == 'Z' && string(fields[17]) <= "1" {
		return 0, unix.ESRCH
	}
	return strconv.ParseUint(string(fields[19]), 10, 64)
}

// Alive tells whether pid is still the process that began at start.
func Alive(pid int, start uint64) (bool, error) {
	if pid <= 0 {
		return false, nil
	}
	at, err := StartTime(pid)
	if err == unix.ESRCH {
		return false, nil
	}
	return err == nil && at == start, err
}

// BootID names this boot of the kernel (random(4)).
var BootID = sync.OnceValues(func() (string, error) {
	const path = "/proc/sys/kernel/random/boot_id"
	var buf [64]byte
	b, err := readInto(path, buf[:])
	if err != nil {
		return "", &os.PathError{Op: "read", Path: path, Err: err}
	}
	return string(bytes.TrimSpace(b)), nil
})

// Past tells whether the container is of an earlier boot: its processes and all
// that the kernel held for it have ended, and what has their names is another's.
func (s *State) Past() (bool, error) {
	boot, err := BootID()
	return boot != s.BootID, err
}

// readInto reads a file of /proc in one call.
func readInto(path string, buf []byte) ([]byte, error) {
	fd, err := open(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Read(fd, buf)
		if err != unix.EINTR {
			return buf[:max(n, 0)], err
		}
	}
}

// readFile reads a whole file in four calls. os.ReadFile makes ten: it asks the
// scheduler's poller first, and list reads a file a container.
func readFile(path string) ([]byte, error) {
	fd, err := open(path, unix.O_RDONLY)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	b := make([]byte, 0, 2048)
	for {
		n, err := unix.Read(fd, b[len(b):cap(b)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return b, nil
		default:
			if b = b[:len(b)+n]; len(b) == cap(b) {
				b = append(b, 0)[:len(b)]
			}
		}
	}
}

// open opens close-on-exec, without following a last symbolic link.
func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
