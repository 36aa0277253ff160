package applet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
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
		index := binary.NativeEndian.Uint32(m.Data[4:])
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
				mtu = fmt.Sprint(binary.NativeEndian.Uint32(a.Value))
			}
		}
	}
	bits := binary.NativeEndian.Uint32(m.Data[8:])
	var words []string
	for _, f := range []struct {
		bit  uint32
		name string
	}{
		{unix.IFF_LOOPBACK, "LOOPBACK"}, {unix.IFF_BROADCAST, "BROADCAST"}, {unix.IFF_MULTICAST, "MULTICAST"},
		{unix.IFF_UP, "UP"}, {unix.IFF_LOWER_UP, "LOWER_UP"},
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
		binary.NativeEndian.Uint32(m.Data[4:]) != index {
		return nil
	}
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return err
	}
	var local, peer netip.Addr
	for _, a := range attrs {
		ip, ok := netip.AddrFromSlice(a.Value)
		if ok && a.Attr.Type == unix.IFA_LOCAL {
			local = ip
		} else if ok && a.Attr.Type == unix.IFA_ADDRESS {
			peer = ip
		}
	}
	if !local.IsValid() {
		local = peer
	}
	family := "inet"
	if local.Is6() {
		family = "inet6"
	}
	fmt.Fprintf(out, "    %s %s/%d\n", family, local, m.Data[1])
	return nil
}

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
		to, gateway, mask := routeAddr(w[1]), routeAddr(w[2]), routeAddr(w[7])
		bits := 0
		for _, b := range mask.AsSlice() {
			for ; b != 0; b <<= 1 {
				bits++
			}
		}
		text := fmt.Sprintf("%s/%d", to, bits)
		if bits == 0 {
			text = "default"
		}
		if !gateway.IsUnspecified() {
			text += " via " + gateway.String()
		}
		fmt.Fprintln(out, text, "dev", w[0])
	}
	return nil
}

// routeAddr reads the eight digits of /proc/net/route, which are in the
// machine's byte order.
func routeAddr(hex string) netip.Addr {
	var v uint32
	if _, err := fmt.Sscanf(hex, "%x", &v); err != nil {
		return netip.IPv4Unspecified()
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], v)
	return netip.AddrFrom4(b)
}
