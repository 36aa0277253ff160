package attach

import (
	"errors"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
)

// Collect undoes what belongs to containers that are gone and what was left by
// a maker that was killed. It calls told with each thing it removed.
func (h *Host) Collect(told func(what string)) error {
	keys, err := h.Dir.Keys("")
	if err != nil {
		return err
	}
	var failed error
	var chained []*store.Record
	for _, key := range keys {
		if r, err := h.Dir.Get(key); err == nil && r.CNI != nil {
			chained = append(chained, r)
		}
		if err := h.collect(key, told); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return errors.Join(failed, h.chainCollect(chained), h.sweep(told))
}

// collect looks at one record with its lock, so that nobody is making it.
func (h *Host) collect(key string, told func(string)) error {
	lock, err := h.Dir.LockKey(key)
	if err != nil {
		return err
	}
	defer lock.Close()
	r, err := h.Dir.Get(key)
	if errors.Is(err, os.ErrNotExist) {
		return h.Dir.Drop(keyed(key))
	}
	if err != nil || r.Done && r.Alive() {
		return err
	}
	if err := h.undo(r); err != nil {
		return err
	}
	told(key)
	return nil
}

// sweep frees leases without a record, and networks that nobody is on.
func (h *Host) sweep(told func(string)) error {
	lock, err := h.Dir.LockAll()
	if err != nil {
		return err
	}
	defer lock.Close()
	networks, err := h.Dir.Networks()
	if err != nil {
		return err
	}
	for _, n := range networks {
		if err := h.sweepOne(n, told); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) sweepOne(n *store.Network, told func(string)) error {
	leases, err := h.Dir.Leases(n)
	if err != nil {
		return err
	}
	for _, key := range leases.Keys() {
		if _, err := h.Dir.Get(key); errors.Is(err, os.ErrNotExist) {
			leases.Free(key)
			told("lease of " + key)
			if err := leases.Write(); err != nil {
				return err
			}
		}
	}
	if n.Kept || !leases.Empty() {
		return nil
	}
	told("network " + n.Name)
	return h.leave(n)
}
