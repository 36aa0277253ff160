package attach

import (
	"errors"
	"fmt"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Down takes an attachment away; one that is not there is no error.
func (h *Host) Down(key string) error {
	lock, err := h.Dir.LockKey(key)
	if err != nil {
		return err
	}
	defer lock.Close()
	r, err := h.Dir.Get(key)
	if errors.Is(err, os.ErrNotExist) {
		return h.Dir.Drop(keyed(key))
	}
	if err != nil {
		return err
	}
	return h.undo(r)
}

// undo removes everything that the record may have made, whether or not it
// was made, and then the record.
func (h *Host) undo(r *store.Record) error {
	if err := h.clear(r, nil); err != nil {
		return err
	}
	lock, err := h.Dir.LockAll()
	if err != nil {
		return err
	}
	defer lock.Close()
	n, err := h.Dir.Network(r.Network)
	if err == nil {
		err = h.unlease(n, r.Key())
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return h.Dir.Drop(r)
}

// clear removes the links, ports and places in the filter of a container, not
// its lease and record. Ports is the register if the caller has it open.
func (h *Host) clear(r *store.Record, ports *store.Ports) error {
	if err := h.chainDown(r); err != nil {
		return err
	}
	if err := h.relayDown(r); err != nil {
		return err
	}
	if ports != nil && filtered(r) {
		if err := h.unfilter([]*store.Record{r}, ports); err != nil {
			return err
		}
	} else if err := h.shut(r); err != nil {
		return err
	}
	if err := h.cut(r.HostLink, r.IFB); err != nil {
		return err
	}
	if r.HostLink != "" || r.Network == "" || !r.Alive() {
		return nil
	}
	// A link on a parent is in the container only.
	ns, err := link.OpenNamespace(r.NetNS)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer ns.Close()
	if ns.Inode != r.Inode || ns.Ours() {
		return nil
	}
	return ns.Remove(r.IfName)
}

// cut removes links. Those that many want removed at once go together: who waits
// for the lock finds its own gone already.
func (h *Host) cut(names ...string) error {
	any, err := link.Doom(names...)
	if err != nil || !any {
		return err
	}
	lock, err := h.Dir.LockLinks()
	if err != nil {
		return err
	}
	defer lock.Close()
	if any, err = link.Doom(names...); err != nil || !any {
		return err
	}
	if err := link.Bury(); err != nil {
		return fmt.Errorf("remove links: %w", err)
	}
	return nil
}

// unlease gives the addresses back, and leaves the network if it was the last.
func (h *Host) unlease(n *store.Network, key string) error {
	leases, err := h.Dir.Leases(n)
	if err != nil {
		return err
	}
	if leases.Free(key) {
		if err := leases.Write(); err != nil {
			return err
		}
		if err := h.hosts(n, leases); err != nil {
			return err
		}
	}
	return h.leave(n)
}

// keyed is a record of nothing but its key.
func keyed(key string) *store.Record {
	r := &store.Record{ID: key}
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '@' {
			r.ID, r.IfName = key[:i], key[i+1:]
			break
		}
	}
	return r
}

// Create makes a network that stays.
func (h *Host) Create(n *store.Network) error {
	lock, err := h.Dir.LockAll()
	if err != nil {
		return err
	}
	defer lock.Close()
	if _, err := h.Dir.Network(n.Name); err == nil {
		return fail.New(fail.CodeExists, "network %s exists, need another name or gt-net network rm", n.Name)
	}
	n.Kept = true
	if err := h.define(n); err != nil {
		return err
	}
	if err := h.Dir.PutNetwork(n); err != nil {
		return err
	}
	if n.Bridge != "" {
		_, err = h.bridge(n).Make()
	}
	if err == nil && (n.Bridge != "" || n.Driver == "ptp") {
		err = h.standing(n, true)
	}
	if err != nil {
		err = errors.Join(err, h.raze(n))
	}
	return err
}

// Delete removes a network that nobody is on.
func (h *Host) Delete(name string) error {
	lock, err := h.Dir.LockAll()
	if err != nil {
		return err
	}
	defer lock.Close()
	n, err := h.Dir.Network(name)
	if errors.Is(err, os.ErrNotExist) {
		return fail.New(fail.CodeNoSuch, "network %s does not exist", name)
	}
	if err != nil {
		return err
	}
	leases, err := h.Dir.Leases(n)
	if err != nil {
		return err
	}
	h.reclaim(leases)
	if keys := leases.Keys(); len(keys) > 0 {
		return fail.New(fail.CodeBusy, "network %s is used by %s, need gt-net down first", name, keys[0])
	}
	return h.raze(n)
}
