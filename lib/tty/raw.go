package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// raw holds the settings a terminal had before it became raw.
type raw struct {
	file *os.File
	old  unix.Termios
}

// makeRaw does what cfmakeraw(3) does, so that keys such as ^C reach the
// container's terminal as bytes instead of becoming signals here. It returns
// nil if f is no terminal.
func makeRaw(f *os.File) (*raw, error) {
	t, err := termios(f)
	if err != nil {
		return nil, nil
	}
	r := &raw{file: f, old: *t}
	if err := r.apply(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *raw) apply() error {
	t := r.old
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return r.set(&t)
}

// restore waits until what was written has left the terminal: otherwise the
// last lines of the container would be shown with the old output settings.
func (r *raw) restore() error {
	return r.set(&r.old)
}

func (r *raw) set(t *unix.Termios) error {
	err := control(r.file, func(fd int) error { return unix.IoctlSetTermios(fd, unix.TCSETSW, t) })
	if err != nil {
		return fmt.Errorf("set terminal mode: %w", err)
	}
	return nil
}
