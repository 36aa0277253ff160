/*
gt-net gives a container its network, and takes it away.

# Synopsis

	gt-net up      [OPTION…] [ID]
	gt-net down    [--ifname NAME] [ID]
	gt-net check   [ID]
	gt-net list    [--format table|json]
	gt-net inspect ID
	gt-net gc
	gt-net network create [OPTION…] NAME
	gt-net network rm     NAME
	gt-net network list

# Description

up attaches a created container, or a network namespace, to a network; down
takes everything away that up made, as often as it is called. With an ID they
work on the container of that name. Without one they read OCI states from stdin
and print them: so they are stages of a pipeline, and hooks of every OCI runtime
as they are, up as createRuntime and down as poststop. With --netns PATH the ID
is any word and the namespace need not be a container's.

What will be made is recorded before it is made, below .net of the state
directory; the container's entry has it as net.json. check compares it with what
is there, inspect prints it, gc takes away what belongs to containers that are
gone or was left by a gt-net that was killed, and says what.

# Modes

	bridge          a pair of links, the host's end on a bridge (the default)
	ptp             a pair of links without a bridge
	macvlan ipvlan vlan  a link of the container's own on --parent
	pasta slirp4netns  without root: this program carries the packets
	none            the loopback only
	host            the host's network
	container:ID    another container's network
	ns:PATH         the network namespace at PATH
	plugin:NAME     what the loaded network plugin NAME makes of it

none, host, container and ns are a matter of config.json. Given the state of a bundle, as
gt-rootfs prints it, up writes the network namespace into the bundle's
config.json, before gt-oci create. Given a container, up makes sure that it has
the network that was asked for.

pasta and slirp4netns need no right over the host's network. Given the state of a
bundle, up gives it a network namespace, hosts and resolv.conf, before gt-oci
create; given the container, up starts the program, which stays until down, gc
or, with slirp4netns, the container's end. The host's loopback is not reached
through it, its resolver is. The container has the host's addresses with pasta,
or what --ip, --ip6, --gateway and --gateway6 say, and 10.0.2.100, or another one
of --net, with slirp4netns.

# Networks

A network is addresses and mostly a bridge. up makes one on demand and down
removes it with its last container; network create makes one that stays. Unless
--net and --net6 say otherwise it has IPv4 and IPv6 addresses that nobody on the
host uses. Its first address is the host's. Containers on a bridge reach each
other, by address and by ID, and the outside through the host, which masquerades
them. They are not reached from outside or from another bridge unless a port is
published or both networks are --shared. A container that is --private reaches
the host and the outside only.

All rules are in one nftables table of our own, inet gt-net, which decides about
no other packets; rules of others can still drop ours. Forwarding of the host is
left as it is, with a warning, unless --forward is given.

# CNI

With --cni the plugins of a network do the work: up is ADD, and asks STATUS
before; down is DEL, check is CHECK, gc is GC. What they answered is in net.json.

Called with CNI_COMMAND in the environment gt-net is a plugin itself, of type
gt-net, for CNI 0.3.1 to 1.1:

	{"cniVersion": "1.0.0", "name": "web", "plugins": [{"type": "gt-net",
	 "bridge": "gt7", "net": "10.7.0.0/24", "net6": "fd07::/64",
	 "capabilities": {"portMappings": true, "bandwidth": true, "ips": true,
	                  "mac": true}}]}

Members are mode, bridge, net, net6, gateway, gateway6, parent, vlan, mtu,
internal, shared, private, forward, egress, egressMonitor, dns and root, with
the meaning of the options; bridge is the network's name if it is not given.

# Options

Of up:

	--mode MODE          see above
	--bridge NAME        the network's bridge, and its name (gt0)
	--network NAME       a network, if it has another name than its bridge
	--net CIDR, --net6 CIDR  its addresses
	--gateway ADDRESS, --gateway6 ADDRESS  the host's addresses in it
	--parent LINK        the interface of the host below macvlan, ipvlan, vlan
	--vlan NUMBER        the number of the VLAN
	--internal, --shared, --private  who may be reached, see above
	--ip ADDRESS, --ip6 ADDRESS, --mac ADDRESS, --mtu BYTES  of the container
	--ifname NAME        its interface (eth0)
	--route CIDR[,GATEWAY]  one more route
	--no-default-route   no default route
	--publish [HOST:]PORT[-PORT]:PORT[-PORT][/PROTOCOL]
	                     send ports of the host to the container; tcp, udp, sctp.
	                     HOST is one address of the host, all if not given;
	                     localhost is IPv4 only
	--name NAME          one more name for the others on the network
	--dns ADDRESS, --dns-search DOMAIN, --dns-option WORD
	                     the container's resolv.conf, instead of the host's
	--add-host NAME:ADDRESS  one more line for its hosts file
	--no-dns             leave hosts and resolv.conf alone
	--rate-in RATE, --rate-out RATE  bits a second, as 10m or 1g
	--egress PLACE       let the container send to PLACE only, and others of the
	                     kind: an address, a network or a name, alone or with
	                     ,tcp,443. The name is looked up now. Answers may always
	                     be sent
	--egress-monitor     report what is not allowed instead of dropping it;
	                     inspect shows it
	--forward            let the host forward packets, net.*.conf.all.forwarding
	--netns PATH         a network namespace instead of a container
	--cni NAME           attach by the plugins of this CNI network, - is the first
	                     one in the directory; --publish,
	                     --rate-in, --rate-out, --ip, --ip6 and --mac go to the
	                     plugins with that capability
	--cni-conf DIR       where CNI networks are described (/etc/cni/net.d)
	--cni-bin DIR        where plugins are (/opt/cni/bin, /usr/lib/cni,
	                     /usr/libexec/cni)

Of network create, beside those of up that are the network's:

	--driver bridge|ptp|macvlan|ipvlan|vlan  the mode of its containers (bridge)

# Examples

	gt-oci create --bundle b web && gt-net up --publish 8080:80 web && gt-oci start web
	gt-rootfs unpack alpine.tar.gz web | gt-oci create --stdio=null | gt-net up --bridge gt1 | gt-oci start
	gt-rootfs unpack alpine.tar.gz web | gt-net up --mode host | gt-oci create --stdio=null
	"createRuntime": [{"path": "/usr/local/bin/gt-net", "args": ["gt-net", "up"]}],
	"poststop": [{"path": "/usr/local/bin/gt-net", "args": ["gt-net", "down"]}]

--root DIR is the state directory, --log FILE appends errors to FILE as
--log-format text|json says, --debug says more.

# Exit status

0 done, 1 failed or refused, 2 wrong usage or bad input. After a failure of up
nothing of the attachment is left.
*/
package main

import (
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func main() {
	if os.Getenv("CNI_COMMAND") != "" && len(os.Args) == 1 {
		cniPlugin()
		return
	}
	tool.Main(program)
}

var program = &tool.Program{
	Name:    "gt-net",
	Summary: "give a container its network",
	Verbs: []tool.Verb{
		{Name: "up", Args: "[ID]", Summary: "attach a container", Make: up},
		{Name: "down", Args: "[ID]", Summary: "take everything away that up made", Make: down},
		{Name: "check", Args: "[ID]", Summary: "compare with what up made", Make: check},
		{Name: "list", Summary: "list what is attached", Make: list},
		{Name: "inspect", Args: "ID", Summary: "print all that is known of a container's network", Make: inspect},
		{Name: "gc", Summary: "remove what belongs to containers that are gone", Make: gc},
		{Name: "network", Args: "create|rm|list [NAME]", Summary: "make, remove or list networks", Make: network},
	},
}

// host opens what gt-net remembers.
func host(c *tool.Call) (*attach.Host, error) {
	dir, err := store.Open(c.Root)
	return &attach.Host{Dir: dir, Warn: c.Warnf}, err
}
