package bare

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxFiles is how many descriptors one message carries (SCM_MAX_FD of the
// kernel is 253).
const MaxFiles = 250

// MaxMessage bounds a message in bytes, so that a length from the other side
// is never an allocation of any size.
const MaxMessage = 16 << 20

// rights is the control message that carries descriptors (cmsg(3)).
type rights struct {
	head unix.Cmsghdr
	fds  [MaxFiles]int32
}

func (r *rights) size(n int) int { return int(unsafe.Sizeof(r.head)) + 4*n }

// Send writes one message: four bytes of length, the payload, and the
// descriptors with its first byte. The descriptors stay the caller's.
func Send(sock int, payload []byte, files []int) Errno {
	n := len(payload)
	if n > MaxMessage {
		return syscall.EMSGSIZE
	}
	head := [4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
	sent, e := sendmsg(sock, head[:], payload, files)
	if e != 0 {
		return e
	}
	if sent < len(head) {
		return syscall.EIO // not even four bytes: this is no stream socket
	}
	for rest := payload[sent-len(head):]; len(rest) > 0; {
		k, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(sock), uintptr(unsafe.Pointer(unsafe.SliceData(rest))),
			uintptr(len(rest)), unix.MSG_NOSIGNAL, 0, 0)
		if e != 0 && e != syscall.EINTR {
			return e
		}
		if e == 0 {
			rest = rest[k:]
		}
	}
	return 0
}

// SendFile writes a text with a descriptor to a socket of somebody else's
// protocol.
func SendFile(sock int, text string, fd int) Errno {
	_, e := sendmsg(sock, unsafe.Slice(unsafe.StringData(text), len(text)), nil, []int{fd})
	return e
}

func sendmsg(sock int, head, payload []byte, files []int) (int, Errno) {
	if len(files) > MaxFiles {
		return 0, syscall.EMSGSIZE
	}
	iov := [2]unix.Iovec{{Base: unsafe.SliceData(head)}, {Base: unsafe.SliceData(payload)}}
	iov[0].SetLen(len(head))
	iov[1].SetLen(len(payload))
	msg := unix.Msghdr{Iov: &iov[0]}
	msg.SetIovlen(len(iov))
	var r rights
	if len(files) > 0 {
		r.head.Level, r.head.Type = unix.SOL_SOCKET, unix.SCM_RIGHTS
		r.head.SetLen(r.size(len(files)))
		for i, fd := range files {
			r.fds[i] = int32(fd)
		}
		msg.Control = (*byte)(unsafe.Pointer(&r))
		msg.SetControllen(r.size(len(files)))
	}
	for {
		k, _, e := syscall.RawSyscall(unix.SYS_SENDMSG, uintptr(sock), uintptr(unsafe.Pointer(&msg)), unix.MSG_NOSIGNAL)
		if e != syscall.EINTR {
			return int(k), e
		}
	}
}

// Head reads the length of a message and its descriptors, which are the
// caller's and close-on-exec. An end of the stream is ENOTCONN.
func Head(sock int, files *[MaxFiles]int) (length, count int, e Errno) {
	var head [4]byte
	for got := 0; got < len(head); {
		var r rights
		iov := unix.Iovec{Base: &head[got]}
		iov.SetLen(len(head) - got)
		msg := unix.Msghdr{Iov: &iov, Control: (*byte)(unsafe.Pointer(&r))}
		msg.SetIovlen(1)
		msg.SetControllen(int(unsafe.Sizeof(r)))
		k, _, e := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(sock), uintptr(unsafe.Pointer(&msg)), unix.MSG_CMSG_CLOEXEC)
		switch {
		case e == syscall.EINTR:
			continue
		case e != 0:
			return 0, count, e
		case k == 0:
			return 0, count, syscall.ENOTCONN
		}
		got += int(k)
		if msg.Controllen >= uint64(r.size(1)) && r.head.Type == unix.SCM_RIGHTS {
			for i := range (int(r.head.Len) - r.size(0)) / 4 {
				if count < len(files) {
					files[count] = int(r.fds[i])
					count++
				}
			}
		}
	}
	length = int(head[0]) | int(head[1])<<8 | int(head[2])<<16 | int(head[3])<<24
	if length > MaxMessage {
		return 0, count, syscall.EMSGSIZE
	}
	return length, count, 0
}

// Fill reads until b is full.
func Fill(fd int, b []byte) Errno {
	for len(b) > 0 {
		k, e := Read(fd, b)
		switch {
		case e == syscall.EINTR:
			continue
		case e != 0:
			return e
		case k == 0:
			return syscall.ENOTCONN
		}
		b = b[k:]
	}
	return 0
}
