package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Port is published: what comes to the host at Host and From goes to the
// container at To. Host is the zero address for every address of the host.
type Port struct {
	Proto string     `json:"proto"` // tcp, udp or sctp
	Host  netip.Addr `json:"host,omitzero"`
	From  uint16     `json:"from"`
	To    uint16     `json:"to"`
}

// String is what --publish takes.
func (p Port) String() string {
	host := ""
	if p.Host.IsValid() {
		host = p.Host.String() + ":"
		if p.Host.Is6() {
			host = "[" + p.Host.String() + "]:"
		}
	}
	return fmt.Sprintf("%s%d:%d/%s", host, p.From, p.To, p.Proto)
}

// clash tells whether both would catch the same packet.
func (p Port) clash(o Port) bool {
	return p.Proto == o.Proto && p.From == o.From && (p.Host == o.Host || !p.Host.IsValid() || !o.Host.IsValid())
}

// ParsePorts reads [HOST:]FROM[-END]:TO[-END][/PROTO] or a single port, which
// stands for both.
func ParsePorts(s string) ([]Port, error) {
	bad := func(why string) ([]Port, error) {
		return nil, fail.Usage("%q: %s, need [HOST:]PORT[-PORT]:PORT[-PORT][/tcp|udp|sctp]", s, why)
	}
	rest, proto, ok := strings.Cut(s, "/")
	if !ok {
		proto = "tcp"
	}
	if proto != "tcp" && proto != "udp" && proto != "sctp" {
		return bad("protocol is " + strconv.Quote(proto))
	}
	to := rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		rest, to = rest[:i], rest[i+1:]
	}
	var host netip.Addr
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		text := rest[:i]
		rest = rest[i+1:]
		if len(text) > 1 && text[0] == '[' && text[len(text)-1] == ']' {
			text = text[1 : len(text)-1]
		}
		var err error
		if host, err = netip.ParseAddr(text); err != nil || host.Zone() != "" {
			return bad("host " + strconv.Quote(text) + " is no address")
		}
		host = host.Unmap()
	}
	a1, a2, ok1 := parseRange(rest)
	b1, b2, ok2 := parseRange(to)
	if !ok1 || !ok2 {
		return bad("a port is 1 to 65535")
	}
	if a2-a1 != b2-b1 {
		return bad(fmt.Sprintf("%d ports on the host and %d in the container", a2-a1+1, b2-b1+1))
	}
	list := make([]Port, 0, a2-a1+1)
	for i := range a2 - a1 + 1 {
		list = append(list, Port{proto, host, uint16(a1 + i), uint16(b1 + i)})
	}
	return list, nil
}

func parseRange(s string) (int, int, bool) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	a, err1 := strconv.ParseUint(from, 10, 16)
	b, err2 := strconv.ParseUint(to, 10, 16)
	return int(a), int(b), err1 == nil && err2 == nil && a > 0 && b >= a
}

// Ports is the register of what is published, over all networks: a line each,
// "KEY PORT". Between OpenPorts and Close nobody else changes it.
type Ports struct {
	path string
	lock *Lock
	held map[Port]string
}

// OpenPorts locks and reads the register.
func (d *Dir) OpenPorts() (*Ports, error) {
	lock, err := d.lock(filepath.Join(d.path, "ports.lock"))
	if err != nil {
		return nil, err
	}
	p := &Ports{path: filepath.Join(d.path, "ports"), lock: lock, held: map[Port]string{}}
	text, err := os.ReadFile(p.path)
	if err != nil && !os.IsNotExist(err) {
		lock.Close()
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		key, port, _ := strings.Cut(strings.TrimSpace(line), " ")
		list, err := ParsePorts(port)
		if err != nil {
			lock.Close()
			return nil, &fail.Error{Code: fail.CodeInput, Path: p.path, Cause: err}
		}
		p.held[list[0]] = key
	}
	return p, nil
}

// Close lets go.
func (p *Ports) Close() { p.lock.Close() }

// Holder is who publishes something that clashes with the port.
func (p *Ports) Holder(port Port, key string) (holder string) {
	for _, try := range []Port{port, {port.Proto, netip.Addr{}, port.From, port.To}} {
		if k := p.held[try]; k != "" && k != key {
			return k
		}
	}
	for o, k := range p.held {
		if k != key && o.clash(port) {
			return k
		}
	}
	return ""
}

// Take enters ports; Holder was asked before.
func (p *Ports) Take(ports []Port, key string) error {
	for _, port := range ports {
		p.held[port] = key
	}
	return p.write()
}

// Free gives back what the keys have.
func (p *Ports) Free(keys ...string) error {
	n := len(p.held)
	for port, k := range p.held {
		if slices.Contains(keys, k) {
			delete(p.held, port)
		}
	}
	if len(p.held) == n {
		return nil
	}
	return p.write()
}

func (p *Ports) write() error {
	var b strings.Builder
	for port, key := range p.held {
		fmt.Fprintf(&b, "%s %s\n", key, port)
	}
	return replace(p.path, []byte(b.String()))
}
