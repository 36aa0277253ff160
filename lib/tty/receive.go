package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// A Listener is the engine's side of a console socket.
type Listener struct {
	fd   int
	path string
}

// Listen makes the socket at path with mode 0600; the path must be free.
func Listen(path string) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make console socket: %w", err)
	}
	l := &Listener{fd: fd, path: path}
	// The socket file takes its mode from the descriptor, so it is never open to others.
	if err := unix.Fchmod(fd, 0o600); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("make console socket: %w", err)
	}
	if err := sys.Reach(path, func(sa *unix.SockaddrUnix) error { return unix.Bind(fd, sa) }); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bind console socket %s: %w", path, err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen on console socket %s: %w", path, err)
	}
	return l, nil
}

// Close removes the socket.
func (l *Listener) Close() error {
	err := unix.Unlink(l.path)
	unix.Close(l.fd)
	if err != nil && err != unix.ENOENT {
		return fmt.Errorf("remove console socket %s: %w", l.path, err)
	}
	return nil
}

// Receive waits for one Send and returns the master, which the caller then
// owns. More or fewer than one descriptor is refused, and so is one that is no
// terminal.
func (l *Listener) Receive() (*os.File, error) {
	conn, err := l.accept()
	if err != nil {
		return nil, fmt.Errorf("accept on console socket %s: %w", l.path, err)
	}
	defer unix.Close(conn)
	name := make([]byte, maxName)
	oob := make([]byte, unix.CmsgSpace(4*maxRights))
	n, oobn, flags, err := receive(conn, name, oob)
	if err != nil {
		return nil, fmt.Errorf("receive terminal: %w", err)
	}
	fds, err := rights(oob[:oobn])
	if err != nil {
		return nil, fmt.Errorf("receive terminal: %w", err)
	}
	if len(fds) != 1 || flags&unix.MSG_CTRUNC != 0 {
		for _, fd := range fds {
			unix.Close(fd)
		}
		return nil, fmt.Errorf("receive terminal: have %d descriptors, need 1", len(fds))
	}
	master := os.NewFile(uintptr(fds[0]), string(name[:n]))
	if !Is(master) {
		master.Close()
		return nil, fmt.Errorf("receive terminal: %s: %w", name[:n], unix.ENOTTY)
	}
	return master, nil
}

const maxRights = 8

func (l *Listener) accept() (int, error) {
	for {
		fd, _, err := unix.Accept4(l.fd, unix.SOCK_CLOEXEC)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func receive(conn int, name, oob []byte) (n, oobn, flags int, err error) {
	for {
		n, oobn, flags, _, err = unix.Recvmsg(conn, name, oob, unix.MSG_CMSG_CLOEXEC)
		if err != unix.EINTR {
			return n, oobn, flags, err
		}
	}
}

func rights(oob []byte) (fds []int, err error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		got, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return fds, err
		}
		fds = append(fds, got...)
	}
	return fds, nil
}
