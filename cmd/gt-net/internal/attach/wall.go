package attach

import (
	"net/netip"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/wall"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// standing makes sure that the filter knows the network. One that somebody has
// flushed is built again, with everything that is up.
func (h *Host) standing(n *store.Network, made bool) error {
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return err
	}
	defer w.Close()
	stands, err := w.Stands()
	if err != nil || stands && !made {
		return err
	}
	if !stands {
		return h.rebuild(w)
	}
	part, err := h.networkPart(n)
	if err != nil {
		return err
	}
	return w.Add(part)
}

// wall is standing for a network without a bridge: links of its own come later.
func (h *Host) wall(n *store.Network) error {
	if n.Driver != "ptp" {
		return nil
	}
	return h.standing(n, true)
}

// rebuild makes the whole filter from what is recorded.
func (h *Host) rebuild(w *wall.Wall) error {
	if err := w.Build(); err != nil {
		return err
	}
	networks, err := h.Dir.Networks()
	if err != nil {
		return err
	}
	var parts []*wall.Part
	for _, n := range networks {
		part, err := h.networkPart(n)
		if err != nil {
			return err
		}
		parts = append(parts, part)
	}
	keys, err := h.Dir.Keys("")
	if err != nil {
		return err
	}
	for _, key := range keys {
		if r, err := h.Dir.Get(key); err == nil && r.Done {
			if n, err := h.Dir.Network(r.Network); err == nil {
				parts = append(parts, recordPart(n, r))
			}
		}
	}
	return w.Add(parts...)
}

// networkPart is what a network has in the filter.
func (h *Host) networkPart(n *store.Network) (*wall.Part, error) {
	p := &wall.Part{}
	if n.Driver != "bridge" && n.Driver != "ptp" {
		return p, nil
	}
	if n.Bridge != "" {
		p.Link(n.Bridge, n.Internal)
	}
	if !n.Internal {
		for _, net := range n.Prefixes() {
			p.Inside(net)
		}
	}
	if !n.Shared || n.Bridge == "" {
		return p, nil
	}
	all, err := h.Dir.Networks()
	for _, o := range all {
		if o.Shared && o.Bridge != "" && o.Bridge != n.Bridge {
			p.Pair(n.Bridge, o.Bridge)
			p.Pair(o.Bridge, n.Bridge)
		}
	}
	return p, err
}

// recordPart is what a container has in the filter.
func recordPart(n *store.Network, r *store.Record) *wall.Part {
	p := &wall.Part{}
	if r.Mode == "ptp" {
		p.Link(r.HostLink, n.Internal)
	}
	for _, pre := range prefixes(r) {
		a := pre.Addr()
		for _, port := range r.Ports {
			if !port.Host.IsValid() || port.Host.Is4() == a.Is4() {
				p.Publish(port.Proto, port.Host, port.From, netip.AddrPortFrom(a, port.To))
			}
		}
		if r.Egress == nil {
			continue
		}
		p.Guard(a, r.Egress.Monitor)
		for _, s := range r.Egress.Allow {
			to := parsePlace(s)
			p.Allow(a, to.net, to.proto, to.port)
		}
	}
	return p
}

// open enters the container into the filter, its ports into the register first.
func (h *Host) open(n *store.Network, r *store.Record) error {
	if r.Mode != "bridge" && r.Mode != "ptp" {
		return nil
	}
	if len(r.Ports) > 0 {
		if err := h.reserve(r); err != nil {
			return err
		}
	}
	if len(r.Ports) == 0 && r.Egress == nil && r.Mode == "bridge" {
		return nil
	}
	if err := h.Dir.Put(r); err != nil {
		return err
	}
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Add(recordPart(n, r))
}

// reserve takes the ports or says who has them.
func (h *Host) reserve(r *store.Record) error {
	ports, err := h.Dir.OpenPorts()
	if err != nil {
		return err
	}
	defer ports.Close()
	if err := h.free(ports, r); err != nil {
		return err
	}
	return ports.Take(r.Ports, r.Key())
}

// early refuses ports that somebody has before links are made for nothing: to
// take these away again is what lasts.
func (h *Host) early(r *store.Record) error {
	if len(r.Ports) == 0 || r.Mode != "bridge" && r.Mode != "ptp" {
		return nil
	}
	ports, err := h.Dir.OpenPorts()
	if err != nil {
		return err
	}
	defer ports.Close()
	return h.free(ports, r)
}

// free says who has one of the ports; of what is gone they are taken.
func (h *Host) free(ports *store.Ports, r *store.Record) error {
	for _, p := range r.Ports {
		holder := ports.Holder(p, r.Key())
		if old, err := h.Dir.Get(holder); holder != "" && err == nil && !old.Alive() {
			h.Warn("%s is gone, its ports are free", holder)
			if err := h.clear(old, ports); err != nil {
				return err
			}
			holder = ports.Holder(p, r.Key())
		}
		if holder != "" {
			return fail.New(fail.CodeBusy, "publish %s: the port is published by %s, need another", p, holder)
		}
		if err := listening(p); err != nil {
			return err
		}
	}
	return nil
}

// lower takes a network out of the filter, and the filter away with the last.
func (h *Host) lower(n *store.Network) error {
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return err
	}
	defer w.Close()
	stands, err := w.Stands()
	if err != nil || !stands {
		return err
	}
	all, err := h.Dir.Networks()
	if err != nil {
		return err
	}
	if len(all) <= 1 {
		return w.Drop()
	}
	part, err := h.networkPart(n)
	if err != nil {
		return err
	}
	return w.Remove(part)
}
