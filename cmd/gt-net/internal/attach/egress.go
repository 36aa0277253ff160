package attach

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A place is an entry of an allow-list.
type place struct {
	net   netip.Prefix
	proto string // empty: every port
	port  uint16
}

// egress reads the allow-list. Names are looked up now, by the host, and
// pinned in the container's hosts file: it needs no resolver for them.
func (q *Request) egress() (*store.Egress, []string, error) {
	if !q.Guarded {
		return nil, nil, nil
	}
	e := &store.Egress{Monitor: q.Monitor, Asked: q.Egress}
	var hosts []string
	var places []place
	for _, text := range q.Egress {
		words := strings.Split(text, ",")
		p := place{}
		if len(words) != 1 && len(words) != 3 {
			return nil, nil, fail.Usage("--egress: have %q, need ADDRESS, CIDR or NAME, or that with ,tcp|udp|sctp,PORT", text)
		}
		if len(words) == 3 {
			port, err := strconv.ParseUint(words[2], 10, 16)
			if err != nil || port == 0 || (words[1] != "tcp" && words[1] != "udp" && words[1] != "sctp") {
				return nil, nil, fail.Usage("--egress: have %q, need ,tcp|udp|sctp,PORT", text)
			}
			p.proto, p.port = words[1], uint16(port)
		}
		nets, pinned, err := resolve(words[0])
		if err != nil {
			return nil, nil, err
		}
		hosts = append(hosts, pinned...)
		for _, n := range nets {
			places = append(places, place{n, p.proto, p.port})
		}
	}
	for _, p := range widest(places) {
		e.Allow = append(e.Allow, p.String())
	}
	return e, hosts, nil
}

func (p place) String() string {
	if p.proto == "" {
		return p.net.String()
	}
	return fmt.Sprintf("%s,%s,%d", p.net, p.proto, p.port)
}

func parsePlace(s string) place {
	words := strings.Split(s, ",")
	p := place{}
	p.net, _ = netip.ParsePrefix(words[0])
	if len(words) == 3 {
		n, _ := strconv.ParseUint(words[2], 10, 16)
		p.proto, p.port = words[1], uint16(n)
	}
	return p
}

// widest leaves out what lies in another entry: the kernel's set takes no
// ranges that overlap.
func widest(list []place) []place {
	var keep []place
	for i, p := range list {
		covered := false
		for j, o := range list {
			same := o.proto == p.proto && o.port == p.port
			wider := o.net.Bits() < p.net.Bits() || o.net == p.net && j < i
			covered = covered || same && wider && o.net.Contains(p.net.Addr())
		}
		if !covered {
			keep = append(keep, p)
		}
	}
	return keep
}

// resolve reads an address, a network, or a name with its lines for hosts(5).
func resolve(s string) ([]netip.Prefix, []string, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return []netip.Prefix{p.Masked()}, nil, nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil, nil
	}
	found, err := net.LookupIP(s)
	if err != nil {
		return nil, nil, &fail.Error{Code: fail.CodeNoSuch, Op: "--egress: look up " + s, Cause: err}
	}
	var nets []netip.Prefix
	var hosts []string
	for _, ip := range found {
		if a, ok := netip.AddrFromSlice(ip); ok {
			a = a.Unmap()
			nets = append(nets, netip.PrefixFrom(a, a.BitLen()))
			hosts = append(hosts, a.String()+" "+s)
		}
	}
	return nets, hosts, nil
}

// hardware is the MAC of an interface: given, or the same for the same
// container, so that neighbours need not learn anew.
func hardware(given, key string) (net.HardwareAddr, error) {
	if given == "" {
		return link.MAC(key), nil
	}
	mac, err := net.ParseMAC(given)
	if err != nil || len(mac) != 6 || mac[0]&1 != 0 {
		return nil, fail.Usage("--mac: have %q, need an address of one interface, such as 02:00:00:00:00:01", given)
	}
	return mac, nil
}
