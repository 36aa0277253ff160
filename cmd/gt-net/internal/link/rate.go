package link

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Rate bounds what the container gets through the host's end of its pair, in
// bits a second.
func Rate(host string, bits uint64) error {
	l, err := netlink.LinkByName(host)
	if err != nil {
		return fmt.Errorf("link %s: %w", host, err)
	}
	return bucket(l, bits)
}

// RateOut bounds what the container sends: it passes through a link made for
// that, where it can wait.
func RateOut(host, ifb string, bits uint64) error {
	l, err := netlink.LinkByName(host)
	if err != nil {
		return fmt.Errorf("link %s: %w", host, err)
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = ifb, l.Attrs().MTU
	via := &netlink.Ifb{LinkAttrs: attrs}
	if err := netlink.LinkAdd(via); err != nil {
		return explain("ifb", ifb, err)
	}
	if err := Sysctl("ipv6/conf", ifb, "disable_ipv6", "1"); err != nil {
		return err
	}
	if err := up(via); err != nil {
		return err
	}
	if err := bucket(via, bits); err != nil {
		return err
	}
	ingress := &netlink.Ingress{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: l.Attrs().Index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_INGRESS,
	}}
	if err := netlink.QdiscAdd(ingress); err != nil {
		return fmt.Errorf("add ingress to %s: %w", host, err)
	}
	err = netlink.FilterAdd(&netlink.U32{
		FilterAttrs: netlink.FilterAttrs{LinkIndex: l.Attrs().Index, Parent: ingress.Handle, Priority: 1, Protocol: unix.ETH_P_ALL},
		Actions:     []netlink.Action{netlink.NewMirredAction(via.Index)},
	})
	if err != nil {
		return fmt.Errorf("send %s through %s: %w", host, ifb, err)
	}
	return nil
}

// bucket is a token bucket that holds 10 ms of traffic, at least some packets,
// and lets 50 ms wait (tc-tbf(8)).
func bucket(l netlink.Link, bits uint64) error {
	bytes := bits / 8
	burst := max(bytes/100, 16*1500)
	limit := burst + bytes/20
	err := netlink.QdiscAdd(&netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: l.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
		Rate:       bytes,
		Limit:      uint32(min(limit, 1<<31)),
		Buffer:     uint32(float64(burst) / float64(bytes) * netlink.TIME_UNITS_PER_SEC * netlink.TickInUsec()),
	})
	if err != nil {
		return fmt.Errorf("bound %s: %w", l.Attrs().Name, err)
	}
	return nil
}
