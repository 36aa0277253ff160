package attach

import (
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/wall"
)

// shut takes a container out of the filter and its ports out of the register,
// together with all others that want the same: each change of the filter, and
// each writing of the register, waits for the one before. Who waits for the lock
// finds its own done already.
func (h *Host) shut(r *store.Record) error {
	if !filtered(r) {
		return nil
	}
	if err := h.Dir.WantShut(r.Key()); err != nil {
		return err
	}
	lock, err := h.Dir.LockShut()
	if err != nil {
		return err
	}
	defer lock.Close()
	keys, err := h.Dir.Shutting()
	if err != nil || !slices.Contains(keys, r.Key()) {
		return err
	}
	all := []*store.Record{r}
	for _, key := range keys {
		if key == r.Key() {
			continue
		}
		// One that cannot be read is refused where it is asked for.
		if o, err := h.Dir.Get(key); err == nil {
			all = append(all, o)
		}
	}
	if err := h.unfilter(all, nil); err != nil {
		return err
	}
	return h.Dir.Shut(keys)
}

// filtered tells whether the filter or the register knows the container.
func filtered(r *store.Record) bool {
	return r.Relay == nil && (len(r.Ports) > 0 || r.Egress != nil || r.Mode == "ptp")
}

// unfilter does what shut says. Ports is the register if the caller has it open.
func (h *Host) unfilter(all []*store.Record, ports *store.Ports) error {
	var parts []*wall.Part
	var keys []string
	for _, r := range all {
		parts = append(parts, recordPart(&store.Network{Name: r.Network, Internal: true}, r))
		if len(r.Ports) > 0 {
			keys = append(keys, r.Key())
		}
	}
	w, err := wall.Open(h.Dir.Root)
	if err != nil {
		return err
	}
	defer w.Close()
	if stands, err := w.Stands(); err != nil {
		return err
	} else if stands {
		if err := w.Remove(parts...); err != nil {
			return err
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if ports == nil {
		own, err := h.Dir.OpenPorts()
		if err != nil {
			return err
		}
		defer own.Close()
		ports = own
	}
	return ports.Free(keys...)
}
