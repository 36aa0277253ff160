package applet

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ip addr | ip link | ip route: what the network namespace has.
func ip(args []string) int {
	what := "addr"
	words := args[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		if words[0] != "-4" && words[0] != "-6" && words[0] != "-o" {
			return misuse(args, "%s: no such option", words[0])
		}
		words = words[1:]
	}
	if len(words) > 0 {
		what = words[0]
	}
	var err error
	switch {
	case what != "" && strings.HasPrefix("address", what):
		err = ipLinks(true)
	case what != "" && strings.HasPrefix("link", what):
		err = ipLinks(false)
	case what != "" && strings.HasPrefix("route", what):
		err = ipRoutes()
	default:
		return misuse(args, "usage: ip addr | link | route")
	}
	if err != nil {
		return fail(args, "%s", why(err))
	}
	return 0
}

// dump asks the kernel for all objects of a kind.
func dump(kind int) ([]syscall.NetlinkMessage, error) {
	data, err := syscall.NetlinkRIB(kind, unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	return syscall.ParseNetlinkMessage(data)
}

func ipLinks(addresses bool) error {
	links, err := dump(unix.RTM_GETLINK)
	if err != nil {
		return err
	}
	var addrs []syscall.NetlinkMessage
	if addresses {
		if addrs, err = dump(unix.RTM_GETADDR); err != nil {
			return err
		}
	}
	for i := range links {
		m := &links[i]
		if m.Header.Type != unix.RTM_NEWLINK || len(m.Data) < unix.SizeofIfInfomsg {
			continue
		}
		index := word(m.Data[4:])
		if err := ipLink(m, index); err != nil {
			return err
		}
		for j := range addrs {
			if err := ipAddr(&addrs[j], index); err != nil {
				return err
			}
		}
	}
	return nil
}

func ipLink(m *syscall.NetlinkMessage, index uint32) error {
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return err
	}
	var name, mac, mtu string
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.IFLA_IFNAME:
			name = unix.ByteSliceToString(a.Value)
		case unix.IFLA_ADDRESS:
			mac = strings.ReplaceAll(fmt.Sprintf("% x", a.Value), " ", ":")
		case unix.IFLA_MTU:
			if len(a.Value) == 4 {
				mtu = fmt.Sprint(word(a.Value))
			}
		}
	}
	bits := word(m.Data[8:])
	var words []string
	for _, f := range []struct {
		bit  uint32
		name string
	}{
		{unix.IFF_LOOPBACK, "LOOPBACK"},
		{unix.IFF_BROADCAST, "BROADCAST"},
		{unix.IFF_MULTICAST, "MULTICAST"},
		{unix.IFF_UP, "UP"},
		{unix.IFF_LOWER_UP, "LOWER_UP"},
	} {
		if bits&f.bit != 0 {
			words = append(words, f.name)
		}
	}
	fmt.Fprintf(out, "%d: %s: <%s> mtu %s\n    link %s\n", index, name, strings.Join(words, ","), mtu, mac)
	return nil
}

func ipAddr(m *syscall.NetlinkMessage, index uint32) error {
	if m.Header.Type != unix.RTM_NEWADDR || len(m.Data) < unix.SizeofIfAddrmsg ||
		word(m.Data[4:]) != index {
		return nil
	}
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return err
	}
	var local, peer []byte
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.IFA_LOCAL:
			local = a.Value
		case unix.IFA_ADDRESS:
			peer = a.Value
		}
	}
	if local == nil {
		local = peer
	}
	family := "inet"
	if len(local) == 16 {
		family = "inet6"
	}
	fmt.Fprintf(out, "    %s %s/%d\n", family, ipText(local), m.Data[1])
	return nil
}

// ipText writes an address: package netip would cost every applet 0.1 ms at
// start.
func ipText(ip []byte) string {
	if len(ip) == 4 {
		return fmt.Sprintf("%d.%d.%d.%d", ip[0], ip[1], ip[2], ip[3])
	}
	if len(ip) != 16 {
		return fmt.Sprintf("%x", ip)
	}
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = strconv.FormatUint(uint64(ip[2*i])<<8|uint64(ip[2*i+1]), 16)
	}
	from, long := 0, 0
	for i := range groups {
		n := 0
		for i+n < 8 && groups[i+n] == "0" {
			n++
		}
		if n > long {
			from, long = i, n
		}
	}
	if long < 2 {
		return strings.Join(groups, ":")
	}
	return strings.Join(groups[:from], ":") + "::" + strings.Join(groups[from+long:], ":")
}

// word is a number in the machine's byte order.
func word(b []byte) uint32 { return native.Uint32(b) }

var native = binary.NativeEndian

// ipRoutes lists the main IPv4 table.
func ipRoutes() error {
	data, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		w := strings.Fields(line)
		if i == 0 || len(w) < 8 {
			continue
		}
		text, bits := routeAddr(w[1]), 0
		mask, err := strconv.ParseUint(w[7], 16, 32)
		if err != nil {
			return err
		}
		for ; mask != 0; mask &= mask - 1 {
			bits++
		}
		if bits == 0 {
			text = "default"
		} else {
			text += "/" + strconv.Itoa(bits)
		}
		if gateway := routeAddr(w[2]); gateway != "0.0.0.0" {
			text += " via " + gateway
		}
		fmt.Fprintln(out, text, "dev", w[0])
	}
	return nil
}

// routeAddr reads the eight digits of /proc/net/route: a number in the
// machine's byte order.
func routeAddr(hex string) string {
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return hex
	}
	var b [4]byte
	native.PutUint32(b[:], uint32(v))
	return ipText(b[:])
}
