// Package tty is the parent's side of a container's terminal: the master of a
// pty is handed to an engine over a console socket, or joined to the user's own
// terminal for as long as a foreground container lives. It also passes the
// signals that reach the parent on to the container.
//
// The pty itself is made inside the container, by gt-init.
package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Is tells whether f is a terminal.
func Is(f *os.File) bool {
	_, err := termios(f)
	return err == nil
}

// Size is the window of the terminal f in characters. Its error is that of
// ioctl_tty(2), ENOTTY if f is no terminal.
func Size(f *os.File) (rows, cols uint16, err error) {
	var ws *unix.Winsize
	err = control(f, func(fd int) (err error) {
		ws, err = unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("read window size: %w", err)
	}
	return ws.Row, ws.Col, nil
}

// Resize sets the window of the terminal behind master, in characters. The
// kernel sends SIGWINCH to the foreground process group of that terminal if the
// size changes.
func Resize(master *os.File, rows, cols uint16) error {
	err := control(master, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	})
	if err != nil {
		return fmt.Errorf("set window size: %w", err)
	}
	return nil
}

func termios(f *os.File) (*unix.Termios, error) {
	var t *unix.Termios
	err := control(f, func(fd int) (err error) {
		t, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		return err
	})
	return t, err
}

// control runs one ioctl. It goes through SyscallConn because Fd would switch a
// descriptor that others share to blocking mode.
func control(f *os.File, ioctl func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := conn.Control(func(fd uintptr) {
		for {
			result = ioctl(int(fd))
			if result != unix.EINTR {
				return
			}
		}
	}); err != nil {
		return err
	}
	return result
}
