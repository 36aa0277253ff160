// Package link moves network devices between namespaces, with what they keep. It
// speaks rtnetlink(7) by itself: a library for it would double what gt-oci links.
package link

import (
	"encoding/binary"
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// errShort is an answer that ends in its middle.
var errShort = errors.New("short answer of the kernel")

// A message is a netlink request: head, fixed part, attributes.
type message struct{ b []byte }

// newMessage begins a request; the length is filled in when it is sent.
func newMessage(kind, flags uint16, fixed []byte) *message {
	m := &message{b: make([]byte, unix.SizeofNlMsghdr, 128)}
	binary.NativeEndian.PutUint16(m.b[4:], kind)
	binary.NativeEndian.PutUint16(m.b[6:], flags|unix.NLM_F_REQUEST)
	m.b = append(m.b, fixed...)
	return m
}

// attr adds an attribute, filled up to four bytes.
func (m *message) attr(kind uint16, value []byte) {
	m.b = binary.NativeEndian.AppendUint16(m.b, uint16(unix.SizeofRtAttr+len(value)))
	m.b = append(binary.NativeEndian.AppendUint16(m.b, kind), value...)
	for len(m.b)%unix.NLMSG_ALIGNTO != 0 {
		m.b = append(m.b, 0)
	}
}

func word(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

// link is a struct ifinfomsg.
func link(index int32, flags, change uint32) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], uint32(index))
	binary.NativeEndian.PutUint32(b[8:], flags)
	binary.NativeEndian.PutUint32(b[12:], change)
	return b
}

// attributes calls f for each attribute. The high bits of a kind are flags.
func attributes(b []byte, f func(kind uint16, value []byte)) error {
	for len(b) >= unix.SizeofRtAttr {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtAttr || n > len(b) {
			return errShort
		}
		f(binary.NativeEndian.Uint16(b[2:])&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER), b[unix.SizeofRtAttr:n])
		b = b[min(len(b), (n+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1)):]
	}
	return nil
}

// answers calls f for each message of a datagram and tells whether the answer is
// complete. An error of the kernel is returned as its number.
func answers(b []byte, f func(kind uint16, body []byte) error) (done bool, err error) {
	for len(b) >= unix.SizeofNlMsghdr {
		n := int(binary.NativeEndian.Uint32(b))
		kind, flags := binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint16(b[6:])
		if n < unix.SizeofNlMsghdr || n > len(b) {
			return true, errShort
		}
		body := b[unix.SizeofNlMsghdr:n]
		switch kind {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			if len(body) < 4 {
				return true, errShort
			}
			if errno := int32(binary.NativeEndian.Uint32(body)); errno != 0 {
				return true, syscall.Errno(-errno)
			}
			return true, nil
		}
		if err := f(kind, body); err != nil {
			return true, err
		}
		done = flags&unix.NLM_F_MULTI == 0
		b = b[min(len(b), (n+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1)):]
	}
	return done, nil
}
