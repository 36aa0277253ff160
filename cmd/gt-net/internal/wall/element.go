package wall

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// A Part is what one network or one container has in the sets.
type Part struct {
	list []element
}

type element struct {
	set  string
	elem []nftables.SetElement
}

func (p *Part) add(set string, e ...nftables.SetElement) { p.list = append(p.list, element{set, e}) }

// name is an interface's name as the kernel compares it.
func name(s string) []byte {
	b := make([]byte, unix.IFNAMSIZ)
	copy(b, s)
	return b
}

func padded(b ...byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func number(n uint16) []byte { return padded(byte(n>>8), byte(n)) }

var protocols = map[string]byte{"tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP, "sctp": unix.IPPROTO_SCTP}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func digitOf(a netip.Addr) string { return digit(a.Is6()) }

// Link adds an interface that leads to containers.
func (p *Part) Link(link string, closed bool) {
	p.add("links", nftables.SetElement{Key: name(link)})
	p.Pair(link, link)
	if closed {
		p.add("closed", nftables.SetElement{Key: name(link)})
	}
}

// Pair allows what comes from one of our interfaces and goes to another.
func (p *Part) Pair(from, to string) {
	p.add("pairs", nftables.SetElement{Key: join(name(from), name(to))})
}

// Inside adds addresses that are masqueraded when they leave.
func (p *Part) Inside(net netip.Prefix) {
	end := after(net)
	p.add("inside"+digitOf(net.Addr()), nftables.SetElement{Key: net.Addr().AsSlice()}, nftables.SetElement{Key: end, IntervalEnd: true})
}

// after is the address behind the last one of the prefix.
func after(p netip.Prefix) []byte { return edge(p).Next().AsSlice() }

// edge is the last address of a prefix.
func edge(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Publish sends a port of the host, of all its addresses if host is none, to a
// container's address.
func (p *Part) Publish(proto string, host netip.Addr, from uint16, to netip.AddrPort) {
	e := nftables.SetElement{
		Key: join(padded(protocols[proto]), number(from)),
		Val: join(to.Addr().AsSlice(), number(to.Port())),
	}
	set := "any"
	if host.IsValid() {
		set, e.Key = "on", join(padded(protocols[proto]), host.AsSlice(), number(from))
	}
	p.add(set+digitOf(to.Addr()), e)
}

// Guard lets the container with the address send only where Allow says; with
// watch that is only reported.
func (p *Part) Guard(a netip.Addr, watch bool) {
	set := "guard"
	if watch {
		set = "watch"
	}
	p.add(set+digitOf(a), nftables.SetElement{Key: a.AsSlice()})
}

// Allow is one place to send to: every port of it, or with a proto one.
func (p *Part) Allow(a netip.Addr, to netip.Prefix, proto string, port uint16) {
	if to.Addr().Is4() != a.Is4() {
		return
	}
	e := nftables.SetElement{
		Key:    join(a.AsSlice(), to.Masked().Addr().AsSlice()),
		KeyEnd: join(a.AsSlice(), edge(to).AsSlice()),
	}
	set := "to"
	if proto != "" {
		set = "port"
		rest := join(padded(protocols[proto]), number(port))
		e.Key, e.KeyEnd = join(e.Key, rest), join(e.KeyEnd, rest)
	}
	p.add(set+digitOf(a), e)
}

// Add puts the parts into the sets, all or none. What is there stays.
func (w *Wall) Add(parts ...*Part) error {
	for _, p := range parts {
		for _, e := range p.list {
			if err := w.conn.SetAddElements(w.sets[e.set], e.elem); err != nil {
				return err
			}
		}
	}
	return w.flush()
}

// Remove takes them out; what is not there is no error.
func (w *Wall) Remove(parts ...*Part) error {
	var all []element
	for _, p := range parts {
		all = append(all, p.list...)
	}
	for _, e := range all {
		if err := w.conn.SetDeleteElements(w.sets[e.set], keys(e)); err != nil {
			return err
		}
	}
	err := w.flush()
	if !errors.Is(err, unix.ENOENT) {
		return err
	}
	// Some were gone and so nothing was done: one by one.
	for _, e := range all {
		if err := w.conn.SetDeleteElements(w.sets[e.set], keys(e)); err != nil {
			return err
		}
		if err := w.flush(); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

// keys are the elements without the data of a map.
func keys(e element) []nftables.SetElement {
	list := make([]nftables.SetElement, len(e.elem))
	for i, x := range e.elem {
		list[i] = nftables.SetElement{Key: x.Key, KeyEnd: x.KeyEnd, IntervalEnd: x.IntervalEnd, Val: x.Val}
	}
	return list
}

// Seen lists where the container with the address sent, or tried to, that its
// list does not name: "ADDRESS", or "ADDRESS,PROTO,PORT".
func (w *Wall) Seen(a netip.Addr) ([]string, error) {
	elems, err := w.conn.GetSetElements(w.sets["seen"+digitOf(a)])
	if err != nil {
		return nil, explain(err)
	}
	var list []string
	own, size := a.AsSlice(), len(a.AsSlice())
	for _, e := range elems {
		if len(e.Key) < 2*size+8 || string(e.Key[:size]) != string(own) {
			continue
		}
		to, _ := netip.AddrFromSlice(e.Key[size : 2*size])
		line := []string{to.String()}
		number, port := e.Key[2*size], int(e.Key[2*size+4])<<8|int(e.Key[2*size+5])
		for name, n := range protocols {
			if n == number {
				line = append(line, name, strconv.Itoa(port))
			}
		}
		if len(line) == 1 {
			line = append(line, strconv.Itoa(int(number)))
		}
		list = append(list, strings.Join(line, ","))
	}
	return list, nil
}

// Lacks names a set in which something of the part is missing, "" if none.
func (w *Wall) Lacks(p *Part) (string, error) {
	have := map[string]map[string]bool{}
	for _, e := range p.list {
		if have[e.set] == nil {
			elems, err := w.conn.GetSetElements(w.sets[e.set])
			if err != nil {
				return "", explain(err)
			}
			have[e.set] = map[string]bool{}
			for _, x := range elems {
				have[e.set][string(x.Key)] = true
			}
		}
		for _, x := range e.elem {
			if !x.IntervalEnd && !have[e.set][string(x.Key)] {
				return e.set, nil
			}
		}
	}
	return "", nil
}
