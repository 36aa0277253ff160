package main

import (
	"net/netip"
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Network are the options that gt-net understands.
type Network struct {
	Net       string   `placeholder:"NETWORK" aliases:"network" default:"none" help:"none (loopback only), host, bridge, container:ID, a network's name, or a CIDR."`
	Net6      *string  `name:"net6" placeholder:"CIDR" help:"IPv6 network."`
	CNI       bool     `name:"cni" help:"Network by the plugins of CNI: that of --net, or the first one."`
	CNIConf   string   `name:"cni-conf" placeholder:"DIR" help:"Where CNI networks are described."`
	CNIBin    []string `name:"cni-bin" sep:"none" placeholder:"DIR" help:"Where CNI plugins are."`
	Bridge    *string  `placeholder:"NAME" help:"Bridge, and its network."`
	IP        string   `name:"ip" placeholder:"ADDRESS" help:"Address of the container."`
	Publish   []string `short:"p" sep:"none" placeholder:"[ADDRESS:]HOST:CONTAINER[/PROTOCOL]" help:"Forward a port of the host."`
	DNS       []string `name:"dns" sep:"none" placeholder:"ADDRESS" help:"Name server inside."`
	DNSSearch []string `name:"dns-search" sep:"none" placeholder:"DOMAIN" help:"Domain that names are looked up in."`
	AddHost   []string `sep:"none" placeholder:"NAME:ADDRESS" help:"Line of /etc/hosts inside."`
}

// up are gt-net's arguments, nil if the container needs none of it.
func (n *Network) up() []string {
	args := n.names()
	if n.CNI {
		return n.chain(args)
	}
	linked := n.Bridge != nil || n.Net6 != nil || len(n.Publish) > 0 || n.IP != ""
	switch {
	case n.Net == "host" || strings.HasPrefix(n.Net, "container:"):
		return nil
	case strings.Contains(n.Net, "/"):
		args = append(args, "--net", n.Net)
	case n.Net == "none" && !linked && len(args) == 0:
		return nil
	case n.Net == "none" && !linked:
		return append([]string{"up", "--mode", "none"}, args...)
	case n.Net != "none" && n.Net != "bridge":
		args = append(args, "--network", n.Net)
	}
	if n.Bridge != nil {
		args = append(args, "--bridge", *n.Bridge)
	}
	if n.Net6 != nil {
		args = append(args, "--net6", *n.Net6)
	}
	if n.IP != "" {
		args = append(args, "--ip", n.IP)
	}
	for _, p := range n.Publish {
		args = append(args, "--publish", p)
	}
	return append([]string{"up"}, args...)
}

// chain are the arguments for a network of CNI.
func (n *Network) chain(args []string) []string {
	name := n.Net
	if name == "none" {
		name = "-"
	}
	args = append(args, "--cni", name)
	if n.CNIConf != "" {
		args = append(args, "--cni-conf", n.CNIConf)
	}
	for _, dir := range n.CNIBin {
		args = append(args, "--cni-bin", dir)
	}
	if n.IP != "" {
		args = append(args, "--ip", n.IP)
	}
	for _, p := range n.Publish {
		args = append(args, "--publish", p)
	}
	return append([]string{"up"}, args...)
}

func (n *Network) names() (args []string) {
	for _, l := range []struct {
		name string
		list []string
	}{{"--dns", n.DNS}, {"--dns-search", n.DNSSearch}, {"--add-host", n.AddHost}} {
		for _, v := range l.list {
			args = append(args, l.name, v)
		}
	}
	return args
}

// check refuses what contradicts itself.
func (n *Network) check() error {
	shared := n.Net == "host" || strings.HasPrefix(n.Net, "container:")
	switch {
	case !n.CNI && (n.CNIConf != "" || len(n.CNIBin) > 0):
		return fail.Usage("--cni-conf and --cni-bin need --cni")
	case n.CNI && (shared || n.Net == "bridge" || strings.Contains(n.Net, "/")):
		return fail.Usage("--cni and --net %s are both there, need one, or --net with the name of a CNI network", n.Net)
	case n.CNI && (n.Bridge != nil || n.Net6 != nil):
		return fail.Usage("--cni and --bridge or --net6 are both there, need one: the network's file says them")
	case n.Net == "":
		return fail.Usage("--net is empty, need none, host, bridge, container:ID, a name or a CIDR")
	case shared && (n.Bridge != nil || n.Net6 != nil || n.IP != "" || len(n.Publish) > 0 || len(n.names()) > 0):
		return fail.Usage("--net %s and an option for a network of one's own are both there, need one", n.Net)
	}
	for option, cidr := range map[string]string{"--net": n.Net, "--net6": deref(n.Net6)} {
		if !strings.Contains(cidr, "/") && (option == "--net" || cidr == "") {
			continue
		}
		p, err := netip.ParsePrefix(cidr)
		if err != nil || p.Addr().Is4() != (option == "--net") {
			return fail.Usage("%s: have %q, need a CIDR as %s", option, cidr, map[string]string{"--net": "10.1.0.0/24", "--net6": "fd00::/64"}[option])
		}
	}
	if n.up() != nil && os.Geteuid() != 0 {
		return fail.New(fail.CodePermission, "--net: caller is not root, need root, or --net none or host")
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// apply lets gt-net connect the container by hooks, so that every start does.
func (n *Network) apply(w *wish) error {
	w.HostNetwork = n.Net == "host"
	if id, ok := strings.CutPrefix(n.Net, "container:"); ok {
		pid, err := processOf(w.root, id)
		if err != nil {
			return err
		}
		w.Shared = append(w.Shared, specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: "/proc/" + pid + "/ns/net"})
		return nil
	}
	up := n.up()
	if up == nil {
		return nil
	}
	path, err := sibling.Path("gt-net")
	if err != nil {
		return err
	}
	hook := func(args ...string) []specs.Hook {
		argv := append([]string{"gt-net"}, rootArgs(w.root)...)
		return []specs.Hook{{Path: path, Args: append(argv, args...), Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}}}
	}
	w.Hooks.CreateRuntime, w.Hooks.Poststop = hook(up...), hook("down")
	return nil
}
