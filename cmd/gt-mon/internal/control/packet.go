// Package control is how others speak with a monitor: packets over a unix socket
// in its data, one question a connection.
//
//	client                     monitor
//	"stop 10000"  ──────────►
//	              ◄──────────  'o' and JSON, or 'e' and a sentence
//	"attach"      ──────────►
//	              ◄──────────  '1' stdout, '2' stderr, 't' terminal, each with what was said
//	'0' stdin, 'c' its end, 'w' rows cols, 's' signal ─►
//	              ◄──────────  'x' and the exit record
package control

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Socket is the name in the monitor's data.
const Socket = "ctl"

// MaxPacket bounds a packet, in bytes.
const MaxPacket = 32 << 10

// The first byte of a packet.
const (
	Done     = 'o'
	Refused  = 'e'
	Stdin    = '0'
	Stdout   = '1'
	Stderr   = '2'
	Terminal = 't'
	CloseIn  = 'c'
	Window   = 'w'
	Signal   = 's'
	Exit     = 'x'
)

// Listen makes the socket, for its owner alone, in place of one that was left.
// The descriptor is nonblocking and the caller's.
func Listen(data string) (int, error) {
	if err := unix.Unlink(data + "/" + Socket); err != nil && err != unix.ENOENT {
		return -1, &os.PathError{Op: "unlink", Path: data + "/" + Socket, Err: err}
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	err = unix.Fchmod(fd, 0o600)
	if err == nil {
		err = sys.Reach(data+"/"+Socket, func(sa *unix.SockaddrUnix) error { return unix.Bind(fd, sa) })
	}
	if err == nil {
		err = unix.Listen(fd, 64)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, &fail.Error{Op: "listen on " + data + "/" + Socket, Cause: err}
	}
	return fd, nil
}

// ErrGone is a monitor that is not there.
var ErrGone = errors.New("have no monitor")

// Dial connects to the monitor of data and sends the question. The descriptor
// is the caller's.
func Dial(data, question string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = sys.Reach(data+"/"+Socket, func(sa *unix.SockaddrUnix) error { return unix.Connect(fd, sa) })
	if err == unix.ECONNREFUSED || errors.Is(err, unix.ENOENT) {
		err = ErrGone
	}
	if err == nil {
		err = unix.Sendto(fd, []byte(question), unix.MSG_NOSIGNAL, nil)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Ask sends a question and returns the answer's JSON.
func Ask(data, question string) ([]byte, error) {
	fd, err := Dial(data, question)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, MaxPacket)
	n, err := Read(fd, buf)
	switch {
	case err != nil:
		return nil, err
	case n < 1:
		return nil, ErrGone
	case buf[0] == Done || buf[0] == Exit:
		return buf[1:n], nil
	}
	return nil, fail.New(fail.CodeStatus, "%s", buf[1:n])
}

// Read takes one packet, or none if the other end has gone. One that went without
// reading all that it was sent makes one read fail, before its last packets.
func Read(fd int, buf []byte) (int, error) {
	for {
		n, err := unix.Read(fd, buf)
		if err != unix.EINTR && err != unix.ECONNRESET {
			return n, err
		}
	}
}
