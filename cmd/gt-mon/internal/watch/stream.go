package watch

import (
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A stream is the monitor's end of what the container writes.
type stream struct {
	name     string
	kind     byte
	fd       int
	inode    uint64
	terminal bool
}

// stdio makes the pipes and returns the container's ends. What the container
// writes to is open for reading too: while a monitor is replaced it has a
// reader, itself, and does not die of SIGPIPE.
func (m *Monitor) stdio() (files [3]int, err error) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return files, err
	}
	files = [3]int{null, null, null}
	if m.Terminal {
		return files, nil
	}
	if m.Stdin {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			return files, err
		}
		files[0], m.stdin = p[0], p[1]
		if err := unix.SetNonblock(m.stdin, true); err != nil {
			return files, err
		}
	}
	for i := range m.streams {
		if files[1+i], err = m.streams[i].open(); err != nil {
			return files, err
		}
	}
	return files, nil
}

func (s *stream) open() (theirs int, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return -1, err
	}
	defer unix.Close(p[1])
	s.fd, s.terminal = p[0], false
	if s.inode, err = inode(s.fd); err != nil {
		return -1, err
	}
	theirs, err = unix.Open("/proc/self/fd/"+strconv.Itoa(p[1]), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fail.Error{Op: "open pipe", Cause: err}
	}
	return theirs, nil
}

func inode(fd int) (uint64, error) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return st.Ino, err
}

// pump takes one read of a stream to the log and to who is attached, and tells
// whether there may be more.
func (m *Monitor) pump(s *stream) bool {
	if s.fd < 0 {
		return false
	}
	n, err := unix.Read(s.fd, m.buf)
	if err == unix.EINTR {
		return true
	}
	if n <= 0 {
		// EIO is the end of a terminal.
		if err != unix.EAGAIN {
			m.closeStream(s)
		}
		return false
	}
	m.log.Write(s.name, m.buf[:n], time.Now())
	kind := s.kind
	if s.terminal {
		kind = control.Terminal
	}
	for _, c := range m.clients {
		if c.attached {
			c.send(kind, m.buf[:n])
		}
	}
	return true
}

func (m *Monitor) closeStream(s *stream) {
	if s.terminal && m.master != nil {
		if err := m.master.Close(); err != nil {
			m.Warn(err)
		}
		m.master = nil
	} else if s.fd >= 0 {
		_ = unix.Close(s.fd)
	}
	s.fd, s.inode = -1, 0
}

// mostReads is more than a pipe or a terminal holds.
const mostReads = 256

// drain takes what is left when the container has ended. A process that it has
// left outside its PID namespace may hold a pipe open: what it writes later is
// nobody's.
func (m *Monitor) drain() {
	for i := range m.streams {
		s := &m.streams[i]
		if s.terminal {
			_ = unix.SetNonblock(s.fd, true)
		}
		for range mostReads {
			if !m.pump(s) {
				break
			}
		}
		m.closeStream(s)
	}
	m.log.Flush(time.Now())
	if m.stdin >= 0 {
		_ = unix.Close(m.stdin)
		m.stdin = -1
	}
}
