package sys

import "golang.org/x/sys/unix"

// MaxFiles is how many descriptors one message carries (SCM_MAX_FD of the
// kernel is 253).
const MaxFiles = 250

// MaxMessage bounds a message in bytes, so that a length from the other side
// is never an allocation of any size.
const MaxMessage = 16 << 20

// Send writes one message: four bytes of length, the payload, and the
// descriptors with its first byte. The descriptors stay the caller's.
func Send(sock int, payload []byte, files []int) error {
	n := len(payload)
	if n > MaxMessage || len(files) > MaxFiles {
		return unix.EMSGSIZE
	}
	b := append([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}, payload...)
	var oob []byte
	if len(files) > 0 {
		oob = unix.UnixRights(files...)
	}
	for len(b) > 0 {
		k, err := unix.SendmsgN(sock, b, oob, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b, oob = b[k:], nil
	}
	return nil
}

// Receive reads what Send wrote. The descriptors are the caller's, and
// close-on-exec. An end of the stream before the first byte is ErrClosed.
func Receive(sock int) (payload []byte, files []int, err error) {
	var head [4]byte
	oob := make([]byte, unix.CmsgSpace(4*MaxFiles))
	for got := 0; got < len(head); {
		n, oobn, _, _, err := unix.Recvmsg(sock, head[got:], oob, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, files, err
		}
		if n == 0 {
			return nil, files, ErrClosed
		}
		files = append(files, rights(oob[:oobn])...)
		got += n
	}
	n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16 | int(head[3])<<24
	if n > MaxMessage {
		return nil, files, unix.EMSGSIZE
	}
	payload = make([]byte, n)
	for got := 0; got < n; {
		k, err := unix.Read(sock, payload[got:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, files, err
		}
		if k == 0 {
			return nil, files, ErrClosed
		}
		got += k
	}
	return payload, files, nil
}

// ErrClosed is the other side's end of the conversation.
const ErrClosed = unix.ENOTCONN

func rights(oob []byte) []int {
	if len(oob) == 0 {
		return nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	var files []int
	for i := range messages {
		if fds, err := unix.ParseUnixRights(&messages[i]); err == nil {
			files = append(files, fds...)
		}
	}
	return files
}
