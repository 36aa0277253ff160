// Package attach gives a container its network and takes it away. What is about
// to be made is recorded first, so that undo is complete whenever the maker
// was killed.
package attach

import (
	"net/netip"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/names"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
)

// A Request is what is wanted for one interface of one container.
type Request struct {
	ID, IfName string
	Bundle     string
	Rootfs     string // where the root is before pivot_root
	NetNS      string // a path
	Pid        int    // 0 for a namespace without a process
	PidStart   uint64

	Mode    string // bridge, ptp, macvlan, ipvlan or vlan
	Network string // its name; of a bridge the link's if not given
	Want    store.Network
	VLAN    int
	Private bool // does not reach others on the bridge
	Forward bool // turn on forwarding on the host

	IP4, IP6         netip.Addr
	MAC              string
	MTU              int
	Routes           []link.Route
	NoDefault        bool // no default route
	Ports            []store.Port
	RateIn, RateOut  uint64 // bits a second
	Names            []string
	Files            bool // mount hosts and resolv.conf
	FilesWanted      bool // and fail if that cannot be
	Resolver         names.Resolver
	Hosts            []string // lines "ADDRESS NAME"
	Egress           []string // CIDR, address or name, each with ,PROTO,PORT
	Guarded, Monitor bool
	Plugin           string // the CNI network for which gt-net is the plugin
}

// A Host is where all this happens.
type Host struct {
	Dir  *store.Dir
	Warn func(format string, args ...any)
}

// alias marks the links of a network as ours.
func (h *Host) alias(network string) string { return "gt-net " + h.Dir.Root + " " + network }

// prefixes are the addresses of a record.
func prefixes(r *store.Record) []netip.Prefix {
	var list []netip.Prefix
	for _, s := range r.Addresses {
		if p, err := netip.ParsePrefix(s); err == nil {
			list = append(list, p)
		}
	}
	return list
}
