package attach

import (
	"errors"
	"os"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/wall"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Up attaches a container. If anything fails, nothing of it is left.
func (h *Host) Up(q *Request) (*store.Record, error) {
	r, ns, lock, err := h.begin(q)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	defer ns.Close()
	if err := h.make(q, r, ns); err != nil {
		if e := h.undo(r); e != nil {
			h.Warn("undo: %v", e)
		}
		return nil, err
	}
	r.Done = true
	return r, h.Dir.Put(r)
}

// begin locks the attachment, makes sure that it is not there yet, and records
// what will be made; the names of all links are settled by it.
func (h *Host) begin(q *Request) (*store.Record, *link.Namespace, *store.Lock, error) {
	boot, err := state.BootID()
	if err != nil {
		return nil, nil, nil, err
	}
	r := &store.Record{
		ID: q.ID, IfName: q.IfName, Mode: q.Mode, Bundle: q.Bundle, NetNS: q.NetNS, Pid: q.Pid, PidStart: q.PidStart,
		BootID: boot, Network: q.Network, Parent: q.Want.Parent, VLAN: q.VLAN, MAC: q.MAC, MTU: q.MTU, Ports: q.Ports,
		RateIn: q.RateIn, RateOut: q.RateOut, Names: append([]string{q.ID}, q.Names...), Hosts: q.Hosts,
		Plugin: q.Plugin,
	}
	if q.Mode == "bridge" || q.Mode == "ptp" {
		r.HostLink = link.HostName("gt", h.Dir.Root+" "+r.Key())
	}
	if q.RateOut > 0 {
		r.IFB = link.HostName("gi", h.Dir.Root+" "+r.Key())
	}
	ns, err := link.OpenNamespace(q.NetNS)
	if err != nil {
		return nil, nil, nil, err
	}
	r.Inode = ns.Inode
	err = q.usable(ns)
	if err != nil {
		ns.Close()
		return nil, nil, nil, err
	}
	lock, err := h.Dir.LockKey(r.Key())
	if err == nil {
		if err = h.vacant(r); err == nil {
			err = h.Dir.Put(r)
		}
	}
	if err != nil {
		lock.Close()
		ns.Close()
		return nil, nil, nil, err
	}
	return r, ns, lock, nil
}

// usable refuses a namespace that is the host's, or of a process that has
// ended and whose number may be another's.
func (q *Request) usable(ns *link.Namespace) error {
	if ns.Ours() {
		return fail.New(fail.CodeStatus, "container has the host's network namespace, mode %s needs one of its own", q.Mode)
	}
	if q.Pid == 0 {
		return nil
	}
	alive, err := state.Alive(q.Pid, q.PidStart)
	if err == nil && !alive {
		err = fail.New(fail.CodeStatus, "container is stopped, need created or running")
	}
	return err
}

// vacant refuses a second attachment under the same name; what is left of a
// dead one is taken away.
func (h *Host) vacant(r *store.Record) error {
	old, err := h.Dir.Get(r.Key())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if old.Done && old.Alive() && old.Inode == r.Inode {
		on := old.Network
		if old.CNI != nil {
			on = old.CNI.Name
		}
		return fail.New(fail.CodeExists, "container has %s on network %s, need gt-net down or another --ifname", old.IfName, on)
	}
	return h.undo(old)
}

// make does what the record says.
func (h *Host) make(q *Request, r *store.Record, ns *link.Namespace) error {
	egress, pinned, err := q.egress()
	if err != nil {
		return err
	}
	r.Egress, r.Hosts = egress, append(r.Hosts, pinned...)
	if err := h.early(r); err != nil {
		return err
	}
	n, err := h.enter(q, r)
	if err != nil {
		return err
	}
	end, err := q.end(n, r, ns)
	if err != nil {
		return err
	}
	switch q.Mode {
	case "bridge":
		err = end.Pair(r.HostLink, n.Bridge, q.Private)
	case "ptp":
		if err = end.Pair(r.HostLink, "", false); err == nil {
			err = link.PointToPoint(r.HostLink, gateways(n), end.Addresses)
		}
	default:
		err = h.onParent(q, n, end)
	}
	if err != nil {
		return err
	}
	if err := end.Furnish(); err != nil {
		return err
	}
	r.MAC = end.MAC.String()
	if err := h.bound(r); err != nil {
		return err
	}
	if err := h.open(n, r); err != nil {
		return err
	}
	h.forwards(q, n)
	h.dropped(n, r)
	return h.files(q, n, r)
}

// onParent makes the container's link on an interface of the host. A number of
// a VLAN exists once on each, in whatever namespace.
func (h *Host) onParent(q *Request, n *store.Network, end *link.End) error {
	err := end.OnParent(q.Mode, n.Parent, q.VLAN)
	if !errors.Is(err, link.ErrVLANTaken) {
		return err
	}
	keys, err := h.Dir.Keys("")
	if err != nil {
		return err
	}
	holder := "somebody else's"
	for _, key := range keys {
		o, err := h.Dir.Get(key)
		if err == nil && o.Done && o.Mode == "vlan" && o.VLAN == q.VLAN && o.Parent == n.Parent {
			holder = key + "'s"
		}
	}
	return fail.New(fail.CodeBusy, "VLAN %d of %s is %s, need another --vlan or --parent", q.VLAN, n.Parent, holder)
}

// bound sets the rates.
func (h *Host) bound(r *store.Record) error {
	if r.RateIn > 0 {
		if err := link.Rate(r.HostLink, r.RateIn); err != nil {
			return err
		}
	}
	if r.RateOut > 0 {
		return link.RateOut(r.HostLink, r.IFB, r.RateOut)
	}
	return nil
}

// forwards turns forwarding on if that was asked for, and else tells when
// packets of the network end at the host.
func (h *Host) forwards(q *Request, n *store.Network) {
	if n.Internal || (q.Mode != "bridge" && q.Mode != "ptp") {
		return
	}
	var off []string
	for _, p := range n.Prefixes() {
		family := "ipv4"
		if p.Addr().Is6() {
			family = "ipv6"
		}
		if q.Forward {
			if err := link.Sysctl(family+"/conf", "all", "forwarding", "1"); err != nil {
				h.Warn("forwarding: %v", err)
			}
		}
		if up := link.Uplink(p.Addr().Is6()); up != "" && link.ReadSysctl(family+"/conf", up, "forwarding") == "0" &&
			link.ReadSysctl(family+"/conf", up, "force_forwarding") != "1" {
			off = append(off, "net."+family+".conf."+up+".forwarding")
		}
	}
	if len(off) > 0 {
		h.Warn("%s is 0: answers from outside do not reach the container, see --forward", strings.Join(off, " and "))
	}
}

// dropped tells when rules of somebody else end what is forwarded to and from
// the container; ours cannot outweigh them, and are not put among them.
func (h *Host) dropped(n *store.Network, r *store.Record) {
	name := n.Bridge
	if name == "" {
		name = r.HostLink
	}
	if n.Internal || name == "" {
		return
	}
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		h.Warn("look at rules of others: %v", err)
		return
	}
	defer w.Close()
	chain, err := w.Dropping(name)
	switch {
	case err != nil:
		h.Warn("look at rules of others: %v", err)
	case chain != "":
		h.Warn("%s drops what it does not know, need a rule there that accepts %s", chain, name)
	}
}
