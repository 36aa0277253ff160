package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// cniPlugin answers as a CNI plugin (CNI specification, section 2).
func cniPlugin() {
	skel.PluginMainFuncs(skel.CNIFuncs{
		Add: add, Del: del, Check: checkPlugin, GC: collect, Status: status,
	}, version.PluginSupports("0.3.1", "0.4.0", "1.0.0", "1.1.0"), "gt-net")
}

// open reads the configuration and finds the host.
func open(args *skel.CmdArgs) (*conf, *attach.Host, error) {
	c := &conf{}
	if err := json.Unmarshal(args.StdinData, c); err != nil {
		return nil, nil, types.NewError(types.ErrDecodingFailure, "decode configuration", err.Error())
	}
	if c.Root == "" {
		c.Root = "/run/oci-runtime"
	}
	dir, err := store.Open(c.Root)
	return c, &attach.Host{Dir: dir, Warn: func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "gt-net: warning: "+format+"\n", args...)
	}}, err
}

func add(args *skel.CmdArgs) error {
	c, h, err := open(args)
	if err != nil {
		return err
	}
	if c.RawPrevResult != nil {
		return types.NewError(types.ErrInvalidNetworkConfig, "have a plugin before gt-net, need gt-net first", "")
	}
	q, err := c.request(args)
	if err != nil {
		return asCNI(err)
	}
	r, err := h.Up(q)
	if err != nil {
		return asCNI(err)
	}
	n, err := h.Dir.Network(r.Network)
	if err != nil {
		return err
	}
	return types.PrintResult(c.result(n, r), c.CNIVersion)
}

// result is the record as CNI says it.
func (c *conf) result(n *store.Network, r *store.Record) *current.Result {
	res := &current.Result{CNIVersion: current.ImplementedSpecVersion, DNS: c.DNS}
	iface := func(name, mac, sandbox string) {
		if name != "" {
			res.Interfaces = append(res.Interfaces, &current.Interface{Name: name, Mac: mac, Sandbox: sandbox})
		}
	}
	for _, name := range []string{n.Bridge, r.HostLink} {
		mac := ""
		if l, err := net.InterfaceByName(name); err == nil {
			mac = l.HardwareAddr.String()
		}
		iface(name, mac, "")
	}
	iface(r.IfName, r.MAC, r.NetNS)
	last := len(res.Interfaces) - 1
	for i, text := range r.Addresses {
		ip, mask, err := net.ParseCIDR(text)
		if err != nil {
			continue
		}
		mask.IP = ip
		res.IPs = append(res.IPs, &current.IPConfig{Interface: current.Int(last), Address: *mask, Gateway: net.ParseIP(r.Gateways[i])})
	}
	for _, text := range r.Routes {
		var dst, gw string
		if n, _ := fmt.Sscan(text, &dst, &gw); n == 0 {
			continue
		}
		if _, to, err := net.ParseCIDR(dst); err == nil {
			res.Routes = append(res.Routes, &types.Route{Dst: *to, GW: net.ParseIP(gw)})
		}
	}
	return res
}

func del(args *skel.CmdArgs) error {
	_, h, err := open(args)
	if err != nil {
		return err
	}
	return asCNI(h.Down(args.ContainerID + "@" + args.IfName))
}

func checkPlugin(args *skel.CmdArgs) error {
	_, h, err := open(args)
	if err != nil {
		return err
	}
	return asCNI(h.Check(args.ContainerID + "@" + args.IfName))
}

// collect takes away what is on this network and not in the list.
func collect(args *skel.CmdArgs) error {
	c, h, err := open(args)
	if err != nil {
		return err
	}
	keys, err := h.Dir.Keys("")
	if err != nil {
		return err
	}
	for _, key := range keys {
		r, err := h.Dir.Get(key)
		if err != nil || r.Plugin != c.Name {
			continue
		}
		valid := slices.ContainsFunc(c.ValidAttachments, func(a types.GCAttachment) bool {
			return a.ContainerID == r.ID && a.IfName == r.IfName
		})
		if valid {
			continue
		}
		if err := h.Down(key); err != nil {
			return asCNI(err)
		}
	}
	return nil
}

// status tells whether ADD could work: the packet filter has to answer.
func status(args *skel.CmdArgs) error {
	c, h, err := open(args)
	if err != nil {
		return err
	}
	if _, err := c.request(&skel.CmdArgs{ContainerID: "status", IfName: "eth0"}); err != nil {
		return asCNI(err)
	}
	if err := h.Ready(); err != nil {
		return types.NewError(types.ErrPluginNotAvailable, err.Error(), "")
	}
	return nil
}

// asCNI gives an error the code that callers look at.
func asCNI(err error) error {
	if err == nil {
		return nil
	}
	code := types.ErrInternal
	if fail.Exit(err) == fail.ExitUsage {
		code = types.ErrInvalidNetworkConfig
	}
	return types.NewError(uint(code), err.Error(), string(fail.Details(err).Code))
}

func parseAddr(s string) (netip.Addr, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Addr(), nil
	}
	return netip.ParseAddr(s)
}
