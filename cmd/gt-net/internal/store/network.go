package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Network is addresses and, unless it is a parent's, a bridge of its own.
type Network struct {
	Name     string       `json:"name"`
	Driver   string       `json:"driver"`           // bridge, ptp, macvlan, ipvlan or vlan
	Bridge   string       `json:"bridge,omitempty"` // its link
	Parent   string       `json:"parent,omitempty"`
	Net4     netip.Prefix `json:"net,omitzero"`
	Net6     netip.Prefix `json:"net6,omitzero"`
	Gateway4 netip.Addr   `json:"gateway,omitzero"`
	Gateway6 netip.Addr   `json:"gateway6,omitzero"`
	MTU      int          `json:"mtu,omitempty"`
	Internal bool         `json:"internal,omitempty"` // no way out of the bridge
	Shared   bool         `json:"shared,omitempty"`   // reaches other shared bridges
	Kept     bool         `json:"kept,omitempty"`     // made by network create: stays when nobody is on it
}

// CheckName refuses what cannot name a network: it is a file name, and of a
// bridge the link's, of at most 15 bytes (IFNAMSIZ).
func CheckName(what, name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return fail.Usage("%s is %q, need a name", what, name)
	case len(name) > 15:
		return fail.Usage("%s %s has %d bytes, need at most 15", what, name, len(name))
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.", rune(c)) {
			return fail.Usage("%s %q has %q, need letters, digits or one of _.-", what, name, c)
		}
	}
	if name[0] == '.' || name[0] == '-' || name == "all" || name == "default" {
		return fail.Usage("%s %q is a name with another meaning, need another", what, name)
	}
	return nil
}

func (d *Dir) network(name string) string { return filepath.Join(d.networks(), name+".json") }

// LockAll waits for the right to change networks and leases.
func (d *Dir) LockAll() (*Lock, error) { return d.lock(filepath.Join(d.networks(), ".lock")) }

// LockLinks is held by who removes links.
func (d *Dir) LockLinks() (*Lock, error) { return d.lock(filepath.Join(d.path, ".links")) }

// Network reads one; os.ErrNotExist if there is none.
func (d *Dir) Network(name string) (*Network, error) {
	n := &Network{}
	return n, read(d.network(name), n)
}

// PutNetwork keeps it.
func (d *Dir) PutNetwork(n *Network) error { return write(d.network(n.Name), n) }

// DropNetwork forgets it with its leases.
func (d *Dir) DropNetwork(name string) error {
	for _, path := range []string{d.leases(name), d.HostsFile(name), d.network(name)} {
		if err := remove(path); err != nil {
			return err
		}
	}
	return nil
}

// HostsFile is what containers on the network see as /etc/hosts.
func (d *Dir) HostsFile(name string) string { return filepath.Join(d.networks(), name+".hosts") }

// Networks lists all, in order of name.
func (d *Dir) Networks() ([]*Network, error) {
	names, err := os.ReadDir(d.networks())
	if err != nil {
		return nil, err
	}
	var list []*Network
	for _, f := range names {
		name, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok || strings.HasPrefix(name, ".") {
			continue
		}
		n, err := d.Network(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// Overlaps refuses addresses that another network has.
func (d *Dir) Overlaps(n *Network) error {
	all, err := d.Networks()
	if err != nil {
		return err
	}
	for _, o := range all {
		for _, mine := range n.Prefixes() {
			for _, its := range o.Prefixes() {
				if o.Name != n.Name && mine.Overlaps(its) {
					return fail.New(fail.CodeBusy, "network %s: %s overlaps %s of network %s, need other addresses", n.Name, mine, its, o.Name)
				}
			}
		}
		if o.Name != n.Name && o.Bridge != "" && o.Bridge == n.Bridge {
			return fail.New(fail.CodeBusy, "network %s: bridge %s is network %s's, need another name", n.Name, n.Bridge, o.Name)
		}
	}
	return nil
}

// Prefixes are the families that the network has.
func (n *Network) Prefixes() []netip.Prefix {
	var list []netip.Prefix
	for _, p := range []netip.Prefix{n.Net4, n.Net6} {
		if p.IsValid() {
			list = append(list, p)
		}
	}
	return list
}

// Gateway is the host's address in the family of p.
func (n *Network) Gateway(p netip.Prefix) netip.Addr {
	if p.Addr().Is4() {
		return n.Gateway4
	}
	return n.Gateway6
}

// Settle checks the prefixes and sets the gateways that were not given: the
// first address of each.
func (n *Network) Settle() error {
	for _, f := range []struct {
		p    *netip.Prefix
		gw   *netip.Addr
		want bool
		name string
	}{{&n.Net4, &n.Gateway4, true, "IPv4"}, {&n.Net6, &n.Gateway6, false, "IPv6"}} {
		if !f.p.IsValid() {
			continue
		}
		if f.p.Addr().Is4() != f.want {
			return fail.Usage("network %s: %s is not %s", n.Name, f.p, f.name)
		}
		*f.p = f.p.Masked()
		if free := f.p.Addr().BitLen() - f.p.Bits(); free < 2 {
			return fail.Usage("network %s: %s has no room, need a prefix of at most %d", n.Name, f.p, f.p.Addr().BitLen()-2)
		}
		if !f.gw.IsValid() {
			*f.gw = f.p.Addr().Next()
		}
		if !f.p.Contains(*f.gw) {
			return fail.Usage("network %s: gateway %s is not in %s", n.Name, f.gw, f.p)
		}
	}
	if len(n.Prefixes()) == 0 {
		return fail.Usage("network %s: have no addresses, need --net or --net6", n.Name)
	}
	return nil
}

// Same refuses what was asked of a network that is there and is otherwise.
func (n *Network) Same(want *Network) error {
	for _, f := range []struct{ what, have, want string }{
		{"net", text(n.Net4), text(want.Net4)},
		{"net6", text(n.Net6), text(want.Net6)},
		{"gateway", text(n.Gateway4), text(want.Gateway4)},
		{"gateway6", text(n.Gateway6), text(want.Gateway6)},
		{"bridge", n.Bridge, want.Bridge},
		{"parent", n.Parent, want.Parent},
		{"driver", n.Driver, want.Driver},
	} {
		if f.want != "" && f.want != f.have {
			return n.differs(f.what, f.have, f.want)
		}
	}
	for _, f := range []struct {
		what       string
		have, want bool
	}{{"internal", n.Internal, want.Internal}, {"shared", n.Shared, want.Shared}} {
		if f.want && !f.have {
			return n.differs(f.what, "false", "true")
		}
	}
	return nil
}

func (n *Network) differs(what, have, want string) error {
	return fail.New(fail.CodeExists, "network %s: %s is %s, have %s, need the same or another network", n.Name, what, have, want)
}

func text(v interface {
	fmt.Stringer
	IsValid() bool
},
) string {
	if !v.IsValid() {
		return ""
	}
	return v.String()
}
