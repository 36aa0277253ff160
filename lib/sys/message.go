package sys

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
)

// ErrClosed is the other side's end of the conversation.
const ErrClosed = unix.ENOTCONN

// Send writes one message: four bytes of length, the payload, and the
// descriptors with its first byte. The descriptors stay the caller's.
func Send(sock int, payload []byte, files []int) error {
	return bare.None(bare.Send(sock, payload, files))
}

// Receive reads what Send wrote. The descriptors are the caller's, and
// close-on-exec. An end of the stream before the first byte is ErrClosed.
func Receive(sock int) (payload []byte, files []int, err error) {
	// Wait where Go's scheduler sees it.
	if err := Poll([]unix.PollFd{{Fd: int32(sock), Events: unix.POLLIN}}, -1); err != nil {
		return nil, nil, err
	}
	var fds [bare.MaxFiles]int
	length, n, e := bare.Head(sock, &fds)
	if n > 0 {
		files = append(files, fds[:n]...)
	}
	if e != 0 {
		return nil, files, e
	}
	payload = make([]byte, length)
	return payload, files, bare.None(bare.Fill(sock, payload))
}
