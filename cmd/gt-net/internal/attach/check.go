package attach

import (
	"errors"
	"net/netip"
	"os"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/wall"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Check compares what is there with the record.
func (h *Host) Check(key string) error {
	r, err := h.Record(key)
	if err != nil {
		return err
	}
	if !r.Alive() {
		return fail.New(fail.CodeStatus, "%s: the container is gone, need gt-net down or gc", key)
	}
	if !r.Done {
		return fail.New(fail.CodeStatus, "%s: it is being made, or its maker was killed", key)
	}
	if r.CNI != nil {
		return h.chainCheck(r)
	}
	if r.Relay != nil {
		return relayCheck(r)
	}
	if r.Network == "" {
		return nil
	}
	n, err := h.Dir.Network(r.Network)
	if err != nil {
		return err
	}
	if n.Bridge != "" {
		if err := h.bridge(n).Check(); err != nil {
			return err
		}
	}
	if r.HostLink != "" && !link.Exists(r.HostLink) {
		return fail.New(fail.CodeStatus, "%s: link %s is gone", key, r.HostLink)
	}
	ns, err := link.OpenNamespace(r.NetNS)
	if err != nil {
		return err
	}
	defer ns.Close()
	end := &link.End{NS: ns, Name: r.IfName, Addresses: prefixes(r)}
	if r.Mode == "ptp" {
		for i, p := range end.Addresses {
			end.Addresses[i] = netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
		}
	}
	if err := end.Check(); err != nil {
		return err
	}
	return h.checkWall(n, r)
}

func (h *Host) checkWall(n *store.Network, r *store.Record) error {
	if r.Mode != "bridge" && r.Mode != "ptp" {
		return nil
	}
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return err
	}
	defer w.Close()
	stands, err := w.Stands()
	if err == nil && !stands {
		return fail.New(fail.CodeStatus, "table inet %s is gone, the next gt-net up makes it again", wall.Name(h.Dir.Root))
	}
	if err != nil {
		return err
	}
	part, err := h.networkPart(n)
	if err != nil {
		return err
	}
	for _, p := range []*wall.Part{part, recordPart(n, r)} {
		set, err := w.Lacks(p)
		if err != nil {
			return err
		}
		if set != "" {
			return fail.New(fail.CodeStatus, "set %s of table inet %s lacks what is %s's", set, wall.Name(h.Dir.Root), r.Key())
		}
	}
	return nil
}

// Record reads one; none is an error that says so.
func (h *Host) Record(key string) (*store.Record, error) {
	r, err := h.Dir.Get(key)
	if errors.Is(err, os.ErrNotExist) {
		id, name, _ := strings.Cut(key, "@")
		return nil, fail.New(fail.CodeNoSuch, "container %s has no interface %s of gt-net", id, name)
	}
	return r, err
}

// Seen lists where a container with an allow-list sent, or tried to, that is
// not on it.
func (h *Host) Seen(r *store.Record) ([]string, error) {
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	list := []string{}
	for _, p := range prefixes(r) {
		seen, err := w.Seen(p.Addr())
		if err != nil {
			return nil, err
		}
		list = append(list, seen...)
	}
	return list, nil
}

// Ready tells whether the packet filter answers.
func (h *Host) Ready() error {
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return err
	}
	defer w.Close()
	_, err = w.Stands()
	return err
}
