package tty

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	chunk = 32 << 10
	// The kernel holds at most 64 KiB for a pty (tty_buffer.c, TTYB_DEFAULT_MEM_LIMIT),
	// so more than this after Close is new output of a process that lives on.
	leftover = 128 << 10
)

// output copies the container's output to out until all of its ends of the
// terminal are closed (EIO), or until wake, and then what is still there: a
// process that the program left behind may hold the terminal for ever.
func (p *Proxy) output(master int) {
	defer p.release()
	defer close(p.copied)
	buf := make([]byte, chunk)
	for left := leftover; left > 0; {
		ready, woken, err := await(master, unix.POLLIN, p.wake, -1)
		if err != nil {
			p.outErr = fmt.Errorf("poll terminal: %w", err)
			return
		}
		if !ready {
			if woken {
				return
			}
			continue
		}
		n, err := read(master, buf)
		if err == unix.EAGAIN {
			continue
		}
		if n <= 0 || err != nil {
			return
		}
		if woken {
			left -= n
		}
		p.write(buf[:n])
	}
}

// write keeps its first error and drops the output from then on: the program
// must not block because the one who watches it has gone.
func (p *Proxy) write(b []byte) {
	for len(b) > 0 && p.outErr == nil {
		n, err := unix.Write(p.out, b)
		switch err {
		case nil:
			b = b[n:]
		case unix.EINTR:
		case unix.EAGAIN: // somebody else made it non-blocking
			_, _, err = await(p.out, unix.POLLOUT, -1, -1)
			p.broken(err)
		default:
			p.broken(err)
		}
	}
}

func (p *Proxy) broken(err error) {
	if err != nil {
		p.outErr = fmt.Errorf("write output: %w", err)
	}
}

// input copies in to the container's terminal; it owns master. Nobody waits
// for it, so it has no error to give: when the terminal has gone, the output
// side knows.
func (p *Proxy) input(master int) {
	defer p.release()
	defer unix.Close(master)
	buf := make([]byte, chunk)
	last := byte('\n')
	for {
		_, woken, err := await(p.in, unix.POLLIN, p.wake, -1)
		if err != nil || woken {
			return
		}
		n, err := read(p.in, buf)
		if err == unix.EAGAIN {
			continue
		}
		if n <= 0 || err != nil {
			p.end(master, last)
			return
		}
		last = buf[n-1]
		if !p.feed(master, buf[:n]) {
			return
		}
	}
}

// end writes the end-of-file character, if the terminal has one in force. It
// is needed twice after an unfinished line, which the first one only flushes
// (termios(3), VEOF).
func (p *Proxy) end(master int, last byte) {
	t, err := unix.IoctlGetTermios(master, unix.TCGETS)
	if err != nil || t.Lflag&unix.ICANON == 0 {
		return
	}
	eof := []byte{t.Cc[unix.VEOF], t.Cc[unix.VEOF]}
	if last == '\n' {
		eof = eof[:1]
	}
	p.feed(master, eof)
}

// feed writes all of b and tells whether to go on.
func (p *Proxy) feed(master int, b []byte) bool {
	for len(b) > 0 {
		n, err := unix.Write(master, b)
		switch err {
		case nil:
			b = b[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			_, woken, err := await(master, unix.POLLOUT, p.wake, -1)
			if err != nil || woken {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func read(fd int, buf []byte) (int, error) {
	for {
		n, err := unix.Read(fd, buf)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// await waits for events on fd or for wake (-1: there is none) to be
// readable; timeout is in milliseconds, -1 without end. An error or a hangup
// counts as ready: the next read or write tells.
func await(fd int, events int16, wake, timeout int) (ready, woken bool, err error) {
	set := []unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: int32(wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(set, timeout)
		if err == unix.EINTR {
			continue
		}
		return set[0].Revents != 0, set[1].Revents != 0, err
	}
}

// wakeUp makes the eventfd readable and leaves it so, for both goroutines.
func wakeUp(fd int) {
	one := [8]byte{0: 1, 7: 1} // not zero in either byte order
	for {
		if _, err := unix.Write(fd, one[:]); err != unix.EINTR {
			return
		}
	}
}
