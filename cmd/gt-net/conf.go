package main

import (
	"net/netip"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// conf is what stands in a conflist for a plugin of type gt-net.
type conf struct {
	types.NetConf
	Root          string     `json:"root"`
	Mode          string     `json:"mode"`
	Bridge        string     `json:"bridge"`
	Net           string     `json:"net"`
	Net6          string     `json:"net6"`
	Gateway       netip.Addr `json:"gateway"`
	Gateway6      netip.Addr `json:"gateway6"`
	Parent        string     `json:"parent"`
	VLAN          int        `json:"vlan"`
	MTU           int        `json:"mtu"`
	Internal      bool       `json:"internal"`
	Shared        bool       `json:"shared"`
	Private       bool       `json:"private"`
	Forward       bool       `json:"forward"`
	Egress        []string   `json:"egress"`
	EgressMonitor bool       `json:"egressMonitor"`
	RuntimeConfig runtime    `json:"runtimeConfig"`
}

// runtime are the capabilities that gt-net understands (CNI conventions).
type runtime struct {
	PortMappings []struct {
		HostPort      int    `json:"hostPort"`
		ContainerPort int    `json:"containerPort"`
		Protocol      string `json:"protocol"`
		HostIP        string `json:"hostIP"`
	} `json:"portMappings"`
	Bandwidth struct {
		IngressRate uint64 `json:"ingressRate"`
		EgressRate  uint64 `json:"egressRate"`
	} `json:"bandwidth"`
	IPs []string   `json:"ips"`
	MAC string     `json:"mac"`
	DNS *types.DNS `json:"dns"`
}

// request makes of the configuration what up makes of its options.
func (c *conf) request(args *skel.CmdArgs) (*attach.Request, error) {
	a := &asked{}
	q := &a.q
	*q = attach.Request{
		ID: args.ContainerID, IfName: args.IfName, NetNS: args.Netns, Mode: "bridge", VLAN: c.VLAN, Private: c.Private,
		Forward: c.Forward, Egress: c.Egress, Monitor: c.EgressMonitor, Plugin: c.Name, Network: c.Name,
		MAC: c.RuntimeConfig.MAC, RateIn: c.RuntimeConfig.Bandwidth.IngressRate, RateOut: c.RuntimeConfig.Bandwidth.EgressRate,
	}
	q.Want = store.Network{Parent: c.Parent, Gateway4: c.Gateway, Gateway6: c.Gateway6, MTU: c.MTU, Internal: c.Internal, Shared: c.Shared}
	if c.Mode != "" {
		if err := a.mode(c.Mode); err != nil {
			return nil, err
		}
	}
	q.Want.Bridge = c.Bridge
	if q.Mode == "bridge" {
		if c.Bridge == "" {
			q.Want.Bridge = c.Name
		}
		q.Network = q.Want.Bridge
	}
	if err := store.CheckName("network", q.Network); err != nil {
		return nil, err
	}
	for text, to := range map[string]*netip.Prefix{c.Net: &q.Want.Net4, c.Net6: &q.Want.Net6} {
		if text == "" {
			continue
		}
		if err := prefix(to)(text); err != nil {
			return nil, err
		}
	}
	if c.RuntimeConfig.DNS != nil {
		c.DNS = *c.RuntimeConfig.DNS
	}
	if err := c.runtime(q); err != nil {
		return nil, err
	}
	a.noFiles = true
	return q, a.settle()
}

// runtime takes over what the caller said for this container.
func (c *conf) runtime(q *attach.Request) error {
	for _, p := range c.RuntimeConfig.PortMappings {
		if p.HostPort == 0 {
			continue // not published, as the CRI says it
		}
		port := store.Port{Proto: p.Protocol, From: uint16(p.HostPort), To: uint16(p.ContainerPort)}
		if port.Proto == "" {
			port.Proto = "tcp"
		}
		if p.HostIP != "" {
			host, err := netip.ParseAddr(p.HostIP)
			if err != nil {
				return fail.Usage("portMappings: hostIP is %q, need an address", p.HostIP)
			}
			if !host.IsUnspecified() {
				port.Host = host.Unmap()
			}
		}
		if _, err := store.ParsePorts(port.String()); err != nil || int(port.From) != p.HostPort || int(port.To) != p.ContainerPort {
			return fail.Usage("portMappings: have %d to %d/%s, need ports of tcp, udp or sctp", p.HostPort, p.ContainerPort, p.Protocol)
		}
		q.Ports = append(q.Ports, port)
	}
	for _, text := range c.RuntimeConfig.IPs {
		a, err := parseAddr(text)
		if err != nil {
			return fail.Usage("ips: have %q, need an address", text)
		}
		if a.Is4() {
			q.IP4 = a
		} else {
			q.IP6 = a
		}
	}
	return nil
}
