package link

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// doomed is the group of links that are to be removed: the letters gtnd. Only
// links of gt-net are ever put there.
const doomed = 0x67746e64

// Doom marks links of the caller's namespace for Bury. One that is not there is
// left out; any tells whether there was one.
func Doom(names ...string) (any bool, err error) {
	for _, name := range names {
		if name == "" {
			continue
		}
		l, err := netlink.LinkByName(name)
		if missing(err) {
			continue
		}
		if err == nil {
			err = netlink.LinkSetGroup(l, doomed)
		}
		if errors.Is(err, unix.ENODEV) {
			continue
		}
		if err != nil {
			return any, fmt.Errorf("remove %s: %w", name, err)
		}
		any = true
	}
	return any, nil
}

// Bury removes every link that is marked, in one call of the kernel: it waits
// for all users of a link to let go, some 20 ms, and does so once for all
// (rtnetlink(7), RTM_DELLINK with IFLA_GROUP).
func Bury() error {
	req := nl.NewNetlinkRequest(unix.RTM_DELLINK, unix.NLM_F_ACK)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(doomed)))
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}
