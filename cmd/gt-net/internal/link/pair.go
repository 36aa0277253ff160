package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Route is a way that an interface of a container has; without a gateway the
// destination is on its link.
type Route struct {
	Dst     netip.Prefix
	Gateway netip.Addr
}

// An End is an interface as the container has it.
type End struct {
	NS        *Namespace
	Name      string
	MAC       net.HardwareAddr
	MTU       int
	Addresses []netip.Prefix
	Routes    []Route
}

// Pair makes a veth pair, the far end in the container at once, the near end
// on the bridge or, without one, by itself. Isolated ends reach the host only.
func (e *End) Pair(host, bridge string, isolated bool) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = host, e.MTU
	if bridge != "" {
		b, err := netlink.LinkByName(bridge)
		if err != nil {
			return fmt.Errorf("bridge %s: %w", bridge, err)
		}
		if e.MTU == 0 {
			attrs.MTU = b.Attrs().MTU
		}
		e.MTU = attrs.MTU
		attrs.MasterIndex = b.Attrs().Index
	}
	master := attrs.MasterIndex
	attrs.MasterIndex = 0 // in a request of its own: its answer means the bridge
	pair := &netlink.Veth{LinkAttrs: attrs, PeerName: e.Name, PeerHardwareAddr: e.MAC, PeerNamespace: netlink.NsFd(e.NS.FD())}
	if err := netlink.LinkAdd(pair); err != nil {
		if errors.Is(err, unix.EEXIST) {
			return fail.New(fail.CodeExists, "interface %s exists in the container, or %s on the host, need another --ifname", e.Name, host)
		}
		return explain("veth", host, err)
	}
	if bridge == "" {
		if err := set(host, leads); err != nil {
			return err
		}
		return up(pair)
	}
	if err := Sysctl("ipv6/conf", host, "disable_ipv6", "1"); err != nil {
		return err
	}
	if err := netlink.LinkSetMasterByIndex(pair, master); err != nil {
		if errors.Is(err, unix.EXFULL) {
			return fail.New(fail.CodeLimit, "bridge %s has 1023 ports, as many as Linux allows, need another --bridge", bridge)
		}
		return fmt.Errorf("put %s on bridge %s: %w", host, bridge, err)
	}
	// A container reaches ports published by itself: with br_netfilter the
	// packet turns round in the bridge.
	if err := netlink.LinkSetHairpin(pair, true); err != nil {
		return fmt.Errorf("let %s turn packets round: %w", host, err)
	}
	if isolated {
		if err := netlink.LinkSetIsolated(pair, true); err != nil {
			return fmt.Errorf("isolate %s: %w", host, err)
		}
	}
	return up(pair)
}

func up(l netlink.Link) error {
	if err := netlink.LinkSetUp(l); err != nil {
		return fmt.Errorf("set %s up: %w", l.Attrs().Name, err)
	}
	return nil
}

// PointToPoint gives the host's end of a pair its addresses and the ways to
// the container.
func PointToPoint(host string, gateways []netip.Addr, to []netip.Prefix) error {
	l, err := netlink.LinkByName(host)
	if err != nil {
		return fmt.Errorf("link %s: %w", host, err)
	}
	for _, g := range gateways {
		if err := addAddress(l, netip.PrefixFrom(g, g.BitLen())); err != nil {
			return err
		}
	}
	for _, p := range to {
		dst := netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
		r := &netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipnet(dst), Scope: netlink.SCOPE_LINK}
		if err := netlink.RouteReplace(r); err != nil {
			return fmt.Errorf("add route %s by %s: %w", dst, host, err)
		}
	}
	return nil
}

// OnParent makes a link of a kind that shares the parent's wire, straight in
// the container.
func (e *End) OnParent(kind, parent string, vlan int) error {
	p, err := netlink.LinkByName(parent)
	if missing(err) {
		return fail.New(fail.CodeNoSuch, "interface %s does not exist, need one of the host's for --parent", parent)
	}
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.ParentIndex = e.Name, e.MTU, p.Attrs().Index
	attrs.Namespace = netlink.NsFd(e.NS.FD())
	var l netlink.Link
	switch kind {
	case "macvlan":
		attrs.HardwareAddr = e.MAC
		l = &netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}
	case "ipvlan":
		l = &netlink.IPVlan{LinkAttrs: attrs, Mode: netlink.IPVLAN_MODE_L2}
	case "vlan":
		attrs.HardwareAddr = e.MAC
		l = &netlink.Vlan{LinkAttrs: attrs, VlanId: vlan, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q}
	default:
		return fail.New(fail.CodeInternal, "no kind of link %s", kind)
	}
	err = netlink.LinkAdd(l)
	switch {
	case errors.Is(err, unix.EBUSY):
		return &fail.Error{Code: fail.CodeBusy, Op: "add " + kind + " on " + parent, Cause: errors.New("the interface is a port of a bridge or has links of another kind")}
	case errors.Is(err, unix.EEXIST) && kind == "vlan" && !e.there():
		return ErrVLANTaken
	case err != nil:
		return explain(kind, e.Name, err)
	}
	return nil
}

// ErrVLANTaken is OnParent's when the parent has that VLAN already.
var ErrVLANTaken = errors.New("the VLAN exists on the parent")

// there tells whether the container has an interface of this name.
func (e *End) there() bool {
	any := false
	err := e.NS.In(func() error {
		any = Exists(e.Name)
		return nil
	})
	return any || err != nil
}

// Furnish sets the interface up inside: addresses that nobody waits for, routes.
// MAC is the interface's afterwards.
func (e *End) Furnish() error {
	return e.NS.In(func() error {
		if err := loopback(); err != nil {
			return err
		}
		l, err := netlink.LinkByName(e.Name)
		if err != nil {
			return fmt.Errorf("interface %s: %w", e.Name, err)
		}
		e.MAC = l.Attrs().HardwareAddr
		for _, s := range []setting{{"ipv6/conf", "accept_dad", "0"}, {"ipv6/conf", "accept_ra", "0"}} {
			if err := Sysctl(s.key, e.Name, s.name, s.value); err != nil {
				return err
			}
		}
		for _, a := range e.Addresses {
			if a.Addr().Is6() {
				if err := Sysctl("ipv6/conf", e.Name, "disable_ipv6", "0"); err != nil {
					return err
				}
			}
			if err := addAddress(l, a); err != nil {
				return err
			}
		}
		err = up(l)
		if errors.Is(err, unix.EADDRINUSE) {
			return fail.New(fail.CodeBusy, "hardware address %s is another link's on the same parent, need another --mac", e.MAC)
		}
		if err != nil {
			return err
		}
		for _, r := range e.Routes {
			if err := addRoute(l, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func addRoute(l netlink.Link, r Route) error {
	route := &netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipnet(r.Dst)}
	if r.Gateway.IsValid() {
		route.Gw = r.Gateway.AsSlice()
	} else {
		route.Scope = netlink.SCOPE_LINK
	}
	err := netlink.RouteAdd(route)
	if errors.Is(err, unix.EEXIST) {
		return fail.New(fail.CodeExists, "route %s exists in the container", r.Dst)
	}
	if err != nil {
		return fmt.Errorf("add route %s by %s: %w", r.Dst, l.Attrs().Name, err)
	}
	return nil
}

func loopback() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if lo.Attrs().Flags&net.FlagUp != 0 {
		return nil
	}
	return up(lo)
}

// Loopback sets lo up in the namespace.
func (n *Namespace) Loopback() error { return n.In(loopback) }

// Check compares the interface inside with what is wanted.
func (e *End) Check() error {
	return e.NS.In(func() error {
		l, err := netlink.LinkByName(e.Name)
		if err != nil {
			return fmt.Errorf("interface %s: %w", e.Name, err)
		}
		if l.Attrs().Flags&net.FlagUp == 0 {
			return fail.New(fail.CodeStatus, "interface %s is down, need it up", e.Name)
		}
		return hasAddresses(l, e.Addresses)
	})
}

// Remove deletes the interface inside, and so the other end of a pair.
func (n *Namespace) Remove(name string) error {
	return n.In(func() error { return Delete(name) })
}
