package link

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// address is one that a device keeps when it moves.
type address struct {
	head  []byte // struct ifaddrmsg
	attrs []attribute
}

type attribute struct {
	kind  uint16
	value []byte
}

// Moved is a device that is in another namespace now.
type Moved struct {
	netns, home int // of the other namespace and of the one it came from
	index       int32
	old         string
	up          bool
	addresses   []address
}

// Move takes the device host from this network namespace to another, under a new
// name; one with %d is filled in by the kernel. It is up there, and keeps its
// permanent addresses of global scope (config-linux.md, "Network Devices").
// The descriptor netns stays the caller's and has to live until Back or Done.
func Move(host, name string, netns int) (*Moved, error) {
	here, err := open()
	if err != nil {
		return nil, err
	}
	defer here.close()
	m := &Moved{netns: netns, home: -1, old: host}
	if err := m.find(here, host); err != nil {
		return nil, err
	}
	if m.addresses, err = here.addresses(m.index); err != nil {
		return nil, err
	}
	if m.home, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return nil, err
	}
	if err := here.tell(m.request(netns, name)); err != nil {
		m.Done()
		return nil, err
	}
	if err := m.settle(netns, true, m.addresses); err != nil {
		if berr := m.Back(); berr != nil {
			return nil, berr
		}
		return nil, err
	}
	return m, nil
}

// request moves the device: it is down for that (the kernel would take it down
// itself, but not rename one that is up before Linux 6.2).
func (m *Moved) request(netns int, name string) *message {
	r := newMessage(unix.RTM_NEWLINK, 0, link(m.index, 0, unix.IFF_UP))
	r.attr(unix.IFLA_IFNAME, append([]byte(name), 0))
	r.attr(unix.IFLA_NET_NS_FD, word(uint32(netns)))
	return r
}

// settle gives a device that has arrived its state and addresses.
func (m *Moved) settle(netns int, up bool, list []address) error {
	there, err := openIn(netns)
	if err != nil {
		return err
	}
	defer there.close()
	for _, a := range list {
		binary.NativeEndian.PutUint32(a.head[4:], uint32(m.index))
		r := newMessage(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, a.head)
		for _, kv := range a.attrs {
			r.attr(kv.kind, kv.value)
		}
		if err := there.tell(r); err != nil {
			return err
		}
	}
	if !up {
		return nil
	}
	return there.tell(newMessage(unix.RTM_NEWLINK, 0, link(m.index, unix.IFF_UP, unix.IFF_UP)))
}

// Back takes the device home, as it was.
func (m *Moved) Back() error {
	there, err := openIn(m.netns)
	if err != nil {
		m.Done()
		return err
	}
	err = there.tell(m.request(m.home, m.old))
	there.close()
	if err == nil {
		err = m.settle(m.home, m.up, m.addresses)
	}
	m.Done()
	return err
}

// Done gives up the way back.
func (m *Moved) Done() {
	if m.home >= 0 {
		_ = unix.Close(m.home)
		m.home = -1
	}
}

// find looks the device up by its name.
func (m *Moved) find(s *socket, name string) error {
	r := newMessage(unix.RTM_GETLINK, 0, link(0, 0, 0))
	r.attr(unix.IFLA_IFNAME, append([]byte(name), 0))
	return s.ask(r, func(kind uint16, body []byte) error {
		if kind != unix.RTM_NEWLINK || len(body) < unix.SizeofIfInfomsg {
			return errShort
		}
		m.index = int32(binary.NativeEndian.Uint32(body[4:]))
		m.up = binary.NativeEndian.Uint32(body[8:])&unix.IFF_UP != 0
		return nil
	})
}

// kept are the attributes of an address that it has in the new namespace too.
var kept = []uint16{unix.IFA_ADDRESS, unix.IFA_LOCAL, unix.IFA_BROADCAST, unix.IFA_RT_PRIORITY}

// addresses are the permanent ones of global scope.
func (s *socket) addresses(index int32) ([]address, error) {
	var list []address
	r := newMessage(unix.RTM_GETADDR, unix.NLM_F_DUMP, make([]byte, unix.SizeofIfAddrmsg))
	err := s.ask(r, func(kind uint16, body []byte) error {
		if kind != unix.RTM_NEWADDR || len(body) < unix.SizeofIfAddrmsg {
			return errShort
		}
		if int32(binary.NativeEndian.Uint32(body[4:])) != index || body[3] != unix.RT_SCOPE_UNIVERSE {
			return nil
		}
		a := address{head: bytes.Clone(body[:unix.SizeofIfAddrmsg])}
		flags := uint32(body[2])
		err := attributes(body[unix.SizeofIfAddrmsg:], func(kind uint16, value []byte) {
			if kind == unix.IFA_FLAGS && len(value) == 4 {
				flags = binary.NativeEndian.Uint32(value)
			}
			for _, k := range kept {
				if k == kind {
					a.attrs = append(a.attrs, attribute{kind, bytes.Clone(value)})
				}
			}
		})
		if err == nil && flags&unix.IFA_F_PERMANENT != 0 {
			// Not looked for again: it was unique until now.
			a.attrs = append(a.attrs, attribute{unix.IFA_FLAGS, word(flags&unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_NODAD)})
			list = append(list, a)
		}
		return err
	})
	return list, err
}
