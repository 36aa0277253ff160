package main

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/chain"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/names"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// modes are those that up makes something for; the others are namespaces only.
var modes = []string{"bridge", "ptp", "macvlan", "ipvlan", "vlan", "pasta", "slirp4netns", "none", "host", "container:ID", "ns:PATH", "plugin:NAME"}

func (a *asked) declare(o *tool.Options) {
	q := &a.q
	o.Func(a.mode, "mode", 0, "MODE", strings.Join(modes, ", ")+" (default bridge)")
	o.Func(func(s string) error { q.Network = s; return store.CheckName("network", s) }, "network", 0, "NAME", "a network, if it has another name than its bridge")
	o.Int(&q.VLAN, "vlan", 0, "NUMBER", "number of the VLAN")
	o.Bool(&q.Private, "private", 0, "reach the host and the outside only")
	o.Bool(&q.Forward, "forward", 0, "let the host forward packets")
	o.Func(address(&q.IP4, true), "ip", 0, "ADDRESS", "the container's IPv4 address")
	o.Func(address(&q.IP6, false), "ip6", 0, "ADDRESS", "the container's IPv6 address")
	o.String(&q.MAC, "mac", 0, "ADDRESS", "the hardware address")
	o.Func(a.ifname, "ifname", 0, "NAME", "the container's interface (default eth0)")
	o.Func(a.route, "route", 0, "CIDR[,GATEWAY]", "one more route")
	o.Bool(&q.NoDefault, "no-default-route", 0, "no default route")
	o.Func(a.publish, "publish", 'p', "[HOST:]PORT:PORT[/PROTO]", "send ports of the host to the container")
	o.Func(a.name, "name", 0, "NAME", "one more name for the others on the network")
	o.Strings(&q.Resolver.Servers, "dns", 0, "ADDRESS", "a name server")
	o.Strings(&q.Resolver.Search, "dns-search", 0, "DOMAIN", "a domain to search")
	o.Strings(&q.Resolver.Options, "dns-option", 0, "WORD", "an option of resolv.conf")
	o.Func(a.addHost, "add-host", 0, "NAME:ADDRESS", "one more line for the hosts file")
	o.Bool(&a.noFiles, "no-dns", 0, "leave hosts and resolv.conf alone")
	o.Func(rate(&q.RateIn), "rate-in", 0, "RATE", "bits a second to the container, as 10m")
	o.Func(rate(&q.RateOut), "rate-out", 0, "RATE", "bits a second from the container")
	o.Strings(&q.Egress, "egress", 0, "PLACE[,PROTO,PORT]", "send to places of this kind only")
	o.Bool(&q.Monitor, "egress-monitor", 0, "report other places instead of dropping")
	o.String(&a.cni, "cni", 0, "NAME", "attach by the plugins of this CNI network; - is the first one")
	o.String(&a.cniConf, "cni-conf", 0, "DIR", "where CNI networks are described")
	o.Strings(&a.cniBin, "cni-bin", 0, "DIR", "where CNI plugins are (default "+strings.Join(chain.Dirs, " ")+")")
	o.String(&a.netns, "netns", 0, "PATH", "a network namespace instead of a container")
}

// networkOptions are what up and network create say about the network itself.
func networkOptions(o *tool.Options, n *store.Network) {
	o.Func(func(s string) error { n.Bridge = s; return store.CheckName("bridge", s) }, "bridge", 0, "NAME", "the network's bridge (default gt0)")
	o.Func(prefix(&n.Net4), "net", 0, "CIDR", "IPv4 addresses of the network")
	o.Func(prefix(&n.Net6), "net6", 0, "CIDR", "IPv6 addresses of the network")
	o.Func(address(&n.Gateway4, true), "gateway", 0, "ADDRESS", "the host's IPv4 address (default the first)")
	o.Func(address(&n.Gateway6, false), "gateway6", 0, "ADDRESS", "the host's IPv6 address (default the first)")
	o.Func(func(s string) error { n.Parent = s; return store.CheckName("interface", s) }, "parent", 0, "LINK", "interface below macvlan, ipvlan, vlan")
	o.Func(mtu(&n.MTU), "mtu", 0, "BYTES", "largest packet")
	o.Bool(&n.Internal, "internal", 0, "no way out of the network")
	o.Bool(&n.Shared, "shared", 0, "reach other shared networks")
}

func (a *asked) mode(s string) error {
	kind, arg, with := strings.Cut(s, ":")
	for _, m := range modes {
		name, _, wants := strings.Cut(m, ":")
		if kind == name && with == wants && (arg != "") == wants {
			a.q.Mode = s
			return nil
		}
	}
	return fail.Usage("have %q, need one of %s", s, strings.Join(modes, ", "))
}

// settle checks what depends on more than one option.
func (a *asked) settle() error {
	q := &a.q
	if a.cni != "" {
		return a.settleCNI()
	}
	if a.relayed() {
		return a.settleRelay()
	}
	pair := q.Mode == "bridge" || q.Mode == "ptp"
	for _, c := range []struct {
		given bool
		name  string
	}{
		{len(q.Ports) > 0, "publish"},
		{q.RateIn > 0, "rate-in"},
		{q.RateOut > 0, "rate-out"},
		{len(q.Egress) > 0, "egress"},
		{q.Monitor, "egress-monitor"},
		{q.Private && q.Mode != "bridge", "private"},
		{q.Want.Bridge != "" && q.Mode != "bridge", "bridge"},
		{q.Forward, "forward"},
		{q.Want.Shared && q.Mode != "bridge", "shared"},
	} {
		bridged := c.name == "private" || c.name == "bridge" || c.name == "shared"
		if c.given && (!pair || bridged) {
			return fail.Usage("--%s: have mode %s, need bridge%s", c.name, q.Mode, map[bool]string{true: " or ptp"}[!bridged])
		}
	}
	q.Guarded = len(q.Egress) > 0 || q.Monitor
	if q.Want.Parent != "" && pair {
		return fail.Usage("--parent: have mode %s, need macvlan, ipvlan or vlan", q.Mode)
	}
	if q.MAC != "" && q.Mode == "ipvlan" {
		return fail.Usage("--mac: have mode ipvlan, whose links have the parent's address, need another mode")
	}
	if (q.VLAN != 0) != (q.Mode == "vlan") || q.VLAN < 0 || q.VLAN > 4094 {
		return fail.Usage("--vlan: have %d with mode %s, need 1 to 4094 with mode vlan", q.VLAN, q.Mode)
	}
	q.MTU = q.Want.MTU
	q.FilesWanted = len(q.Resolver.Servers)+len(q.Resolver.Search)+len(q.Resolver.Options)+len(q.Hosts) > 0
	if a.noFiles && q.FilesWanted {
		return fail.Usage("--no-dns: have --dns or --add-host too, need one of them")
	}
	if kind, _, _ := strings.Cut(q.Mode, ":"); q.FilesWanted && (kind == "host" || kind == "container" || kind == "ns") {
		return fail.Usage("--dns, --add-host: have mode %s, whose names are another's, need a network of its own", q.Mode)
	}
	if q.Network == "" {
		q.Network = defaultName(q)
	}
	return q.Resolver.Check()
}

// defaultName is the network that nobody named: the bridge's, or one a parent,
// of which each VLAN is a wire of its own.
func defaultName(q *attach.Request) string {
	switch {
	case q.Mode == "bridge" && q.Want.Bridge != "":
		return q.Want.Bridge
	case q.Mode == "bridge":
		return "gt0"
	case q.Mode == "vlan" && q.Want.Parent != "":
		return link.HostName("vla-", q.Want.Parent+"."+strconv.Itoa(q.VLAN))
	case q.Want.Parent != "":
		return link.HostName(q.Mode[:3]+"-", q.Want.Parent)
	}
	return q.Mode
}

func (a *asked) ifname(s string) error {
	a.q.IfName = s
	if s == "lo" {
		return fail.Usage("lo is the loopback, need another name")
	}
	return store.CheckName("interface", s)
}

func (a *asked) name(s string) error {
	a.q.Names = append(a.q.Names, s)
	return names.CheckName(s)
}

func (a *asked) publish(s string) error {
	ports, err := store.ParsePorts(s)
	a.q.Ports = append(a.q.Ports, ports...)
	return err
}

func (a *asked) addHost(s string) error {
	name, addr, _ := strings.Cut(s, ":")
	ip, err := netip.ParseAddr(strings.Trim(addr, "[]"))
	if err != nil {
		return fail.Usage("have %q, need NAME:ADDRESS", s)
	}
	a.q.Hosts = append(a.q.Hosts, ip.String()+" "+name)
	return names.CheckName(name)
}

func (a *asked) route(s string) error {
	dst, gw, with := strings.Cut(s, ",")
	p, err := netip.ParsePrefix(dst)
	r := link.Route{Dst: p.Masked()}
	if err == nil && with {
		r.Gateway, err = netip.ParseAddr(gw)
	}
	if err != nil || with && r.Gateway.Is4() != p.Addr().Is4() {
		return fail.Usage("have %q, need CIDR or CIDR,GATEWAY", s)
	}
	a.q.Routes = append(a.q.Routes, r)
	return nil
}

func address(to *netip.Addr, v4 bool) func(string) error {
	return func(s string) error {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" || a.Is4() != v4 {
			return fail.Usage("have %q, need an address of IPv%s", s, map[bool]string{true: "4", false: "6"}[v4])
		}
		*to = a
		return nil
	}
}

func prefix(to *netip.Prefix) func(string) error {
	return func(s string) error {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return fail.Usage("have %q, need addresses such as 10.1.0.0/24 or fd01::/64", s)
		}
		*to = p
		return nil
	}
}

func mtu(to *int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 68 || n > 65535 {
			return fail.Usage("have %q, need 68 to 65535", s)
		}
		*to = n
		return nil
	}
}

// rate reads bits a second with k, m or g.
func rate(to *uint64) func(string) error {
	return func(s string) error {
		text, times := s, uint64(1)
		if text != "" {
			if t := map[byte]uint64{'k': 1e3, 'm': 1e6, 'g': 1e9}[text[len(text)-1]|0x20]; t > 0 {
				text, times = text[:len(text)-1], t
			}
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil || n*times < 8000 || n*times > 1e12 {
			return fail.Usage("have %q, need bits a second from 8k to 1000g, such as 10m", s)
		}
		*to = n * times
		return nil
	}
}
