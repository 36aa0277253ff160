package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Leases are the addresses of one network: a line each, "ADDRESS KEY NAME…",
// with what others call the holder, and "last ADDRESS" for where to go on, so that an address rests before it is
// used again. They are read and written under the network's lock.
type Leases struct {
	net   *Network
	path  string
	held  map[netip.Addr]string
	names map[string]string   // by key
	last  map[bool]netip.Addr // by Is4
}

func (d *Dir) leases(network string) string {
	return filepath.Join(d.networks(), network+".leases")
}

// Leases reads the file.
func (d *Dir) Leases(n *Network) (*Leases, error) {
	l := &Leases{net: n, path: d.leases(n.Name), held: map[netip.Addr]string{}, names: map[string]string{}, last: map[bool]netip.Addr{}}
	text, err := os.ReadFile(l.path)
	if os.IsNotExist(err) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		a, b, _ := strings.Cut(strings.TrimSpace(line), " ")
		if a == "last" {
			if addr, err := netip.ParseAddr(b); err == nil {
				l.last[addr.Is4()] = addr
			}
			continue
		}
		addr, err := netip.ParseAddr(a)
		if err != nil {
			return nil, &fail.Error{Code: fail.CodeInput, Path: l.path, Cause: err}
		}
		key, names, _ := strings.Cut(b, " ")
		l.held[addr], l.names[key] = key, names
	}
	return l, nil
}

// Write keeps the leases.
func (l *Leases) Write() error {
	var b strings.Builder
	for _, a := range l.Held() {
		fmt.Fprintf(&b, "%s %s %s\n", a, l.held[a], l.names[l.held[a]])
	}
	for _, a := range l.last {
		fmt.Fprintf(&b, "last %s\n", a)
	}
	return replace(l.path, []byte(b.String()))
}

// Call sets the names of a holder.
func (l *Leases) Call(key string, names []string) { l.names[key] = strings.Join(names, " ") }

// Hosts is every holder as hosts(5) has it.
func (l *Leases) Hosts() string {
	var b strings.Builder
	for _, a := range l.Held() {
		if names := l.names[l.held[a]]; names != "" {
			fmt.Fprintf(&b, "%s %s\n", a, names)
		}
	}
	return b.String()
}

// Held lists the addresses in order.
func (l *Leases) Held() []netip.Addr {
	list := make([]netip.Addr, 0, len(l.held))
	for a := range l.held {
		list = append(list, a)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

// Holder is the key of who has the address, "" if nobody.
func (l *Leases) Holder(a netip.Addr) string { return l.held[a] }

// Empty tells whether nobody is on the network.
func (l *Leases) Empty() bool { return len(l.held) == 0 }

// Take leases the wanted address, or the next free one of the prefix. Full is
// true if there is none.
func (l *Leases) Take(p netip.Prefix, want netip.Addr, key string) (addr netip.Addr, full bool, err error) {
	if want.IsValid() {
		switch holder := l.held[want]; {
		case !p.Contains(want):
			return want, false, fail.Usage("%s is not in %s of network %s", want, p, l.net.Name)
		case want == l.net.Gateway(p):
			return want, false, fail.New(fail.CodeBusy, "%s is the gateway of network %s, need another address", want, l.net.Name)
		case want == p.Addr() || want == last(p) && want.Is4():
			return want, false, fail.Usage("%s is no host's address in %s", want, p)
		case holder != "" && holder != key:
			return want, true, fail.New(fail.CodeBusy, "%s is held by %s, need another address", want, holder)
		}
		l.held[want] = key
		return want, false, nil
	}
	first, end := p.Addr().Next(), last(p)
	from := l.last[p.Addr().Is4()]
	if !from.IsValid() || !p.Contains(from) {
		from = p.Addr()
	}
	a := from
	// As many tries as there are taken addresses, and a few, find a free one.
	for range len(l.held) + 5 {
		a = a.Next()
		if !p.Contains(a) || a == end && a.Is4() {
			a = first
		}
		if l.held[a] == "" && a != l.net.Gateway(p) {
			l.held[a], l.last[a.Is4()] = key, a
			return a, false, nil
		}
	}
	return a, true, fail.New(fail.CodeLimit, "network %s: %s has no free address, %d are held", l.net.Name, p, len(l.held))
}

// Free gives back what key holds, and tells whether there was anything.
func (l *Leases) Free(key string) bool {
	n := len(l.held)
	for a, k := range l.held {
		if k == key {
			delete(l.held, a)
		}
	}
	return len(l.held) < n
}

// Keys lists the holders.
func (l *Leases) Keys() []string {
	var keys []string
	for _, k := range l.held {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// last is the highest address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
