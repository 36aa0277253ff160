package attach

import (
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/names"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// None makes sure that the container has a network namespace of its own, and
// its loopback up. Names that are asked for are in its files all the same.
func (h *Host) None(q *Request) error {
	if err := alone(q); err != nil || !q.FilesWanted {
		return err
	}
	if q.Pid == 0 {
		return fail.Usage("--dns, --add-host: have --netns, need a container")
	}
	q.Network = ""
	r, ns, lock, err := h.begin(q)
	if err != nil {
		return err
	}
	defer lock.Close()
	defer ns.Close()
	if err := h.ownFiles(q, r); err != nil {
		if e := h.undo(r); e != nil {
			h.Warn("undo: %v", e)
		}
		return err
	}
	r.Done = true
	return h.Dir.Put(r)
}

// ownFiles mounts hosts and resolv.conf of a container that is on no network.
func (h *Host) ownFiles(q *Request, r *store.Record) error {
	dir := h.Dir.FilesDir(r.Key())
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	hosts, resolv := filepath.Join(dir, "hosts"), filepath.Join(dir, "resolv.conf")
	if err := names.WriteHosts(hosts, names.Hosts("", q.Hosts)); err != nil {
		return err
	}
	files := map[string]string{"etc/hosts": hosts}
	if text := q.Resolver.Text(); text != "" {
		if err := os.WriteFile(resolv, []byte(text), 0o644); err != nil {
			return err
		}
		files["etc/resolv.conf"] = resolv
	}
	r.Files = true
	return names.Mount(q.Pid, q.Rootfs, files)
}

func alone(q *Request) error {
	ns, err := link.OpenNamespace(q.NetNS)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := q.usable(ns); err != nil {
		return err
	}
	return ns.Loopback()
}

// Same makes sure that the container has the namespace at path. It cannot be
// given another one any more.
func Same(q *Request, path string) error {
	its, err := link.OpenNamespace(q.NetNS)
	if err != nil {
		return err
	}
	defer its.Close()
	want, err := link.OpenNamespace(path)
	if err != nil {
		return err
	}
	defer want.Close()
	if its.Inode != want.Inode {
		return fail.New(fail.CodeStatus, "container has another network namespace than mode %s means, need gt-net up before create", q.Mode)
	}
	return nil
}

// IsNamespace refuses a path that is no network namespace.
func IsNamespace(path string) error {
	ns, err := link.OpenNamespace(path)
	if err == nil {
		ns.Close()
	}
	return err
}
