package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Bridge is what a network wants of its link.
type Bridge struct {
	Name      string
	Alias     string // who it belongs to
	MTU       int
	Addresses []netip.Prefix // the gateways
}

// setting is one sysctl of an interface of ours.
type setting struct{ key, name, value string }

// leads are the settings of what leads to containers. A router advertisement
// from a container is not believed (CVE-2020-10749), nothing waits for
// duplicate addresses, and 127.0.0.0/8 is routable for ports published there.
var leads = []setting{
	{"ipv6/conf", "accept_ra", "0"},
	{"ipv6/conf", "accept_dad", "0"},
	{"ipv6/conf", "accept_redirects", "0"},
	{"ipv6/conf", "forwarding", "1"},
	{"ipv6/conf", "force_forwarding", "1"},
	{"ipv4/conf", "forwarding", "1"},
	{"ipv4/conf", "route_localnet", "1"},
	{"ipv4/conf", "accept_redirects", "0"},
}

func set(link string, list []setting) error {
	for _, s := range list {
		if err := Sysctl(s.key, link, s.name, s.value); err != nil {
			return err
		}
	}
	return nil
}

// Make makes the bridge, or takes the one that is there if it is ours, and
// tells whether it is new.
func (b *Bridge) Make() (made bool, err error) {
	old, err := netlink.LinkByName(b.Name)
	if err == nil {
		return false, b.mine(old)
	}
	if !missing(err) {
		return false, err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.HardwareAddr = b.Name, b.MTU, MAC("bridge "+b.Alias)
	l := &netlink.Bridge{LinkAttrs: attrs}
	if err := netlink.LinkAdd(l); err != nil {
		return false, explain("bridge", b.Name, err)
	}
	err = b.furnish(l)
	if err != nil {
		err = errors.Join(err, netlink.LinkDel(l))
	}
	return true, err
}

// furnish is kept apart from Make so that a bridge that cannot be finished goes.
func (b *Bridge) furnish(l netlink.Link) error {
	if err := netlink.LinkSetAlias(l, b.Alias); err != nil {
		return fmt.Errorf("name owner of %s: %w", b.Name, err)
	}
	if err := set(b.Name, leads); err != nil {
		return err
	}
	for _, a := range b.Addresses {
		if err := addAddress(l, a); err != nil {
			return err
		}
	}
	if err := netlink.LinkSetUp(l); err != nil {
		return fmt.Errorf("set %s up: %w", b.Name, err)
	}
	return nil
}

// mine refuses a link of this name that is somebody else's.
func (b *Bridge) mine(l netlink.Link) error {
	alias := l.Attrs().Alias
	switch {
	case l.Type() != "bridge":
		return fail.New(fail.CodeBusy, "%s is a %s of the host's, need another --bridge", b.Name, l.Type())
	case alias == b.Alias:
		return nil
	case alias == "":
		if begun(l, b.Alias) {
			return b.furnish(l)
		}
		return fail.New(fail.CodeBusy, "bridge %s is not gt-net's, need another --bridge", b.Name)
	}
	return fail.New(fail.CodeBusy, "bridge %s is of %s, need another --bridge", b.Name, alias)
}

// begun tells whether it is a bridge of the owner's whose maker was killed: one
// with our hardware address that has no addresses or name yet.
func begun(l netlink.Link, alias string) bool {
	v4, err := netlink.AddrList(l, netlink.FAMILY_V4)
	return err == nil && len(v4) == 0 && l.Type() == "bridge" && l.Attrs().Alias == "" &&
		l.Attrs().HardwareAddr.String() == MAC("bridge "+alias).String()
}

// Check compares the bridge that is there with what is wanted.
func (b *Bridge) Check() error {
	l, err := netlink.LinkByName(b.Name)
	if err != nil {
		return fmt.Errorf("bridge %s: %w", b.Name, err)
	}
	if err := b.mine(l); err != nil {
		return err
	}
	if l.Attrs().Flags&net.FlagUp == 0 {
		return fail.New(fail.CodeStatus, "bridge %s is down, need it up", b.Name)
	}
	return hasAddresses(l, b.Addresses)
}

func addAddress(l netlink.Link, p netip.Prefix) error {
	a := &netlink.Addr{IPNet: ipnet(p)}
	if p.Addr().Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	if err := netlink.AddrAdd(l, a); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add %s to %s: %w", p, l.Attrs().Name, err)
	}
	return nil
}

func hasAddresses(l netlink.Link, want []netip.Prefix) error {
	have, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	if err != nil {
		return err
	}
	for _, p := range want {
		found := false
		for _, a := range have {
			found = found || a.IPNet.String() == ipnet(p).String()
		}
		if !found {
			return fail.New(fail.CodeStatus, "%s lacks %s", l.Attrs().Name, p)
		}
	}
	return nil
}

func ipnet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// Delete removes a link of the caller's namespace; none is no error.
func Delete(name string) error {
	if name == "" {
		return nil
	}
	l, err := netlink.LinkByName(name)
	if missing(err) {
		return nil
	}
	if err == nil {
		err = netlink.LinkDel(l)
	}
	if errors.Is(err, unix.ENODEV) || err == nil {
		return nil
	}
	return fmt.Errorf("remove %s: %w", name, err)
}

// DeleteBridge removes a bridge if it is the owner's.
func DeleteBridge(name, alias string) error {
	l, err := netlink.LinkByName(name)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if l.Attrs().Alias != alias && !begun(l, alias) {
		return nil
	}
	return Delete(name)
}

func missing(err error) bool {
	var none netlink.LinkNotFoundError
	return errors.As(err, &none) || errors.Is(err, unix.ENODEV)
}

// Exists tells whether the caller's namespace has a link of the name.
func Exists(name string) bool {
	_, err := netlink.LinkByName(name)
	return err == nil
}

// explain says what the kernel means by refusing a link.
func explain(kind, name string, err error) error {
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		return &fail.Error{Code: fail.CodeKernel, Op: "add " + kind + " " + name, Cause: err, Hint: "the kernel has no " + kind}
	case errors.Is(err, unix.EEXIST):
		return &fail.Error{Code: fail.CodeExists, Op: "add " + kind + " " + name, Cause: errors.New("a link with this name exists")}
	}
	return fmt.Errorf("add %s %s: %w", kind, name, err)
}

// Taken finds who on the host has addresses that overlap p: an address of an
// interface, or a route that is no default.
func Taken(p netip.Prefix, but string) (string, error) {
	family := netlink.FAMILY_V4
	if p.Addr().Is6() {
		family = netlink.FAMILY_V6
	}
	routes, err := netlink.RouteList(nil, family)
	if err != nil {
		return "", err
	}
	for _, r := range routes {
		if r.Dst == nil {
			continue
		}
		a, _ := netip.AddrFromSlice(r.Dst.IP)
		ones, _ := r.Dst.Mask.Size()
		its := netip.PrefixFrom(a.Unmap(), ones)
		if ones == 0 || !its.Overlaps(p) {
			continue
		}
		dev := "another interface"
		if l, err := netlink.LinkByIndex(r.LinkIndex); err == nil {
			dev = l.Attrs().Name
		}
		if dev != but {
			return strings.TrimSpace(its.String() + " of " + dev), nil
		}
	}
	return "", nil
}

// Uplink is the interface of the default route, "" if there is none.
func Uplink(v6 bool) string {
	family := netlink.FAMILY_V4
	if v6 {
		family = netlink.FAMILY_V6
	}
	routes, err := netlink.RouteList(nil, family)
	if err != nil {
		return ""
	}
	for _, r := range routes {
		ones := 0
		if r.Dst != nil {
			ones, _ = r.Dst.Mask.Size()
		}
		if ones != 0 {
			continue
		}
		if l, err := netlink.LinkByIndex(r.LinkIndex); err == nil {
			return l.Attrs().Name
		}
	}
	return ""
}
