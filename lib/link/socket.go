package link

import (
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"
)

// A socket speaks to the network namespace in which it was made.
type socket struct{ fd int }

func open() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	return &socket{fd}, nil
}

// openIn makes the socket in another namespace, where this thread is for that
// moment only.
func openIn(netns int) (*socket, error) {
	runtime.LockOSThread()
	home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	defer unix.Close(home)
	if err := unix.Setns(netns, unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	s, err := open()
	if back := unix.Setns(home, unix.CLONE_NEWNET); back != nil {
		if s != nil {
			s.close()
		}
		return nil, back // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return s, err
}

func (s *socket) close() { _ = unix.Close(s.fd) }

// ask sends a request and calls f for each message of the answer.
func (s *socket) ask(m *message, f func(kind uint16, body []byte) error) error {
	binary.NativeEndian.PutUint32(m.b, uint32(len(m.b)))
	if err := unix.Sendto(s.fd, m.b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(s.fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if done, err := answers(buf[:n], f); done || err != nil {
			return err
		}
	}
}

// tell sends a request that is answered by an error number alone.
func (s *socket) tell(m *message) error {
	flags := binary.NativeEndian.Uint16(m.b[6:])
	binary.NativeEndian.PutUint16(m.b[6:], flags|unix.NLM_F_ACK)
	return s.ask(m, func(uint16, []byte) error { return nil })
}
