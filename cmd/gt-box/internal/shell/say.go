package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// say writes text to a descriptor of the script. A closed or full descriptor
// makes the command fail, as POSIX asks of utilities.
func (s *Shell) say(n int, text string) error {
	fd := s.fds.real(n)
	if fd < 0 {
		return syscall.EBADF
	}
	err := writeAll(fd, []byte(text))
	if err == syscall.EPIPE && !s.opts.interactive {
		// A shell that writes to nobody dies of it, as a program would.
		os.Exit(statusSignal + int(syscall.SIGPIPE))
	}
	return err
}

func writeAll(fd int, data []byte) error {
	for len(data) > 0 {
		n, err := syscall.Write(fd, data)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// complain tells the person what went wrong. Nothing is left to do if even
// that cannot be written.
func (s *Shell) complain(format string, args ...any) {
	_ = s.say(2, s.name+": "+fmt.Sprintf(format, args...)+"\n")
}

// reason is an error without the path that the sentence already has.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var c *os.SyscallError
	if errors.As(err, &c) {
		return c.Err
	}
	return err
}
