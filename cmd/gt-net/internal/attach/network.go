package attach

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// enter finds or makes the network of a request and leases its addresses,
// while nobody else changes networks.
func (h *Host) enter(q *Request, r *store.Record) (*store.Network, error) {
	lock, err := h.Dir.LockAll()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	want := q.Want
	want.Name, want.Driver = q.Network, q.Mode
	n, err := h.network(&want)
	if err != nil {
		return nil, err
	}
	r.Network, r.Parent = n.Name, n.Parent
	if err := h.lease(q, n, r); err != nil {
		return nil, errors.Join(err, h.leave(n))
	}
	if n.Bridge == "" {
		return n, h.wall(n)
	}
	made, err := h.bridge(n).Make()
	if err == nil {
		err = h.standing(n, made)
	}
	return n, err
}

// network takes the one that is there, or makes one; its addresses are its own.
func (h *Host) network(want *store.Network) (*store.Network, error) {
	n, err := h.Dir.Network(want.Name)
	if err == nil {
		return n, n.Same(want)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := h.define(want); err != nil {
		return nil, err
	}
	return want, h.Dir.PutNetwork(want)
}

// define settles and checks a new network.
func (h *Host) define(n *store.Network) error {
	if n.Driver == "bridge" && n.Bridge == "" {
		n.Bridge = n.Name
	}
	if n.Bridge != "" {
		if err := store.CheckName("bridge", n.Bridge); err != nil {
			return err
		}
	}
	onParent := n.Driver != "bridge" && n.Driver != "ptp"
	switch {
	case !onParent && n.Parent != "":
		return fail.Usage("--parent: have mode %s, need macvlan, ipvlan or vlan", n.Driver)
	case n.Driver != "bridge" && (n.Bridge != "" || n.Shared):
		return fail.Usage("--bridge, --shared: have mode %s, need bridge", n.Driver)
	case onParent && n.Parent == "":
		return fail.Usage("mode %s: have no --parent, need an interface of the host", n.Driver)
	case onParent && !link.Exists(n.Parent):
		return fail.New(fail.CodeNoSuch, "interface %s does not exist, need one of the host's for --parent", n.Parent)
	case !onParent && len(n.Prefixes()) == 0:
		if err := h.choose(n); err != nil {
			return err
		}
	case onParent && len(n.Prefixes()) == 0:
		return nil // links without addresses: the container asks for its own
	}
	if err := n.Settle(); err != nil {
		return err
	}
	if err := h.Dir.Overlaps(n); err != nil {
		return err
	}
	if onParent {
		return nil
	}
	for _, p := range n.Prefixes() {
		by, err := link.Taken(p, n.Bridge)
		if err != nil {
			return err
		}
		if by != "" {
			return fail.New(fail.CodeBusy, "network %s: %s overlaps %s, need other addresses", n.Name, p, by)
		}
	}
	return nil
}

// choose finds addresses that nobody has, for a network of which none were said.
func (h *Host) choose(n *store.Network) error {
	for i := range 180 {
		try := *n
		try.Net4 = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(68 + i), 0, 0}), 16)
		six := [16]byte{0xfd, 0x68, 0x67, 0x74, 0, 0, 0, byte(i)}
		try.Net6 = netip.PrefixFrom(netip.AddrFrom16(six), 64)
		if h.Dir.Overlaps(&try) != nil {
			continue
		}
		by4, err := link.Taken(try.Net4, n.Bridge)
		if err != nil {
			return err
		}
		by6, err := link.Taken(try.Net6, n.Bridge)
		if err != nil {
			return err
		}
		if by4 == "" && by6 == "" {
			n.Net4, n.Net6 = try.Net4, try.Net6
			return nil
		}
	}
	return fail.New(fail.CodeLimit, "network %s: no addresses are free, need --net or --net6", n.Name)
}

func (h *Host) bridge(n *store.Network) *link.Bridge {
	b := &link.Bridge{Name: n.Bridge, Alias: h.alias(n.Name), MTU: n.MTU}
	for _, p := range n.Prefixes() {
		b.Addresses = append(b.Addresses, netip.PrefixFrom(n.Gateway(p), p.Bits()))
	}
	return b
}

// lease takes the addresses and records them.
func (h *Host) lease(q *Request, n *store.Network, r *store.Record) error {
	leases, err := h.Dir.Leases(n)
	if err != nil {
		return err
	}
	r.Addresses = nil
	for _, want := range []struct {
		p    netip.Prefix
		addr netip.Addr
	}{{n.Net4, q.IP4}, {n.Net6, q.IP6}} {
		if !want.p.IsValid() {
			if want.addr.IsValid() {
				return fail.Usage("network %s: have no addresses of the family of %s", n.Name, want.addr)
			}
			continue
		}
		a, full, err := leases.Take(want.p, want.addr, r.Key())
		if full && h.reclaim(leases) {
			a, _, err = leases.Take(want.p, want.addr, r.Key())
		}
		if err != nil {
			return err
		}
		r.Addresses = append(r.Addresses, netip.PrefixFrom(a, want.p.Bits()).String())
	}
	leases.Call(r.Key(), r.Names)
	if err := leases.Write(); err != nil {
		return err
	}
	if err := h.Dir.Put(r); err != nil {
		return err
	}
	return h.hosts(n, leases)
}

// reclaim takes the leases of containers that are gone; the rest of what they
// had is for gc.
func (h *Host) reclaim(leases *store.Leases) bool {
	any := false
	for _, key := range leases.Keys() {
		r, err := h.Dir.Get(key)
		if err == nil && !r.Alive() {
			any = true
			h.Warn("%s is gone, its addresses are free", key)
			if err := h.clear(r, nil); err != nil {
				h.Warn("%s: %v", key, err)
				continue
			}
			leases.Free(key)
		}
	}
	return any
}

// leave gives up a network that nobody is on and that was not made to stay.
// The caller has the lock.
func (h *Host) leave(n *store.Network) error {
	leases, err := h.Dir.Leases(n)
	if err != nil || n.Kept || !leases.Empty() || n.Name == "" {
		return err
	}
	return h.raze(n)
}

// raze removes a network: what is in the filter, the bridge, the files.
func (h *Host) raze(n *store.Network) error {
	if err := h.lower(n); err != nil {
		return err
	}
	if n.Bridge != "" {
		if err := link.DeleteBridge(n.Bridge, h.alias(n.Name)); err != nil {
			return err
		}
	}
	return h.Dir.DropNetwork(n.Name)
}

// gateways of a network, IPv4 first.
func gateways(n *store.Network) []netip.Addr {
	var list []netip.Addr
	for _, p := range n.Prefixes() {
		list = append(list, n.Gateway(p))
	}
	return list
}

// end is the interface as the container gets it.
func (q *Request) end(n *store.Network, r *store.Record, ns *link.Namespace) (*link.End, error) {
	var mac net.HardwareAddr
	if q.MAC != "" || q.Mode != "ipvlan" && q.Mode != "vlan" { // they have the parent's
		var err error
		if mac, err = hardware(q.MAC, r.Key()); err != nil {
			return nil, err
		}
	}
	e := &link.End{NS: ns, Name: q.IfName, MAC: mac, MTU: q.MTU, Addresses: prefixes(r)}
	if e.MTU == 0 {
		e.MTU = n.MTU
	}
	r.Gateways, r.Routes = nil, nil
	if q.Mode == "ptp" {
		for i, p := range e.Addresses {
			e.Addresses[i] = netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
			gw := n.Gateway(p)
			e.Routes = append(e.Routes, link.Route{Dst: netip.PrefixFrom(gw, gw.BitLen())})
		}
	}
	for _, gw := range gateways(n) {
		r.Gateways = append(r.Gateways, gw.String())
		if !q.NoDefault && !n.Internal {
			e.Routes = append(e.Routes, link.Route{Dst: anywhere(gw), Gateway: gw})
		}
	}
	e.Routes = append(e.Routes, q.Routes...)
	for _, route := range e.Routes {
		text := route.Dst.String()
		if route.Gateway.IsValid() {
			text = fmt.Sprint(text, " ", route.Gateway)
		}
		r.Routes = append(r.Routes, text)
	}
	return e, nil
}

func anywhere(a netip.Addr) netip.Prefix {
	if a.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}
