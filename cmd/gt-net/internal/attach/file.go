package attach

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/names"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
)

// hosts writes the hosts files of a network: the one that its containers
// share, and those of containers with lines of their own. The caller has the
// lock.
func (h *Host) hosts(n *store.Network, leases *store.Leases) error {
	peers := leases.Hosts()
	if err := names.WriteHosts(h.Dir.HostsFile(n.Name), names.Hosts(peers, nil)); err != nil {
		return err
	}
	own, err := filepath.Glob(h.Dir.FilesDir("*") + "/own." + n.Name)
	if err != nil {
		return err
	}
	for _, path := range own {
		lines, err := os.ReadFile(path)
		if err != nil {
			continue // its container just went
		}
		text := names.Hosts(peers, strings.Split(strings.TrimSpace(string(lines)), "\n"))
		if err := names.WriteHosts(filepath.Join(filepath.Dir(path), "hosts"), text); err != nil {
			return err
		}
	}
	return nil
}

// files mounts hosts and resolv.conf into the container.
func (h *Host) files(q *Request, n *store.Network, r *store.Record) error {
	if !q.Files || q.Pid == 0 {
		return nil
	}
	dir := h.Dir.FilesDir(r.Key())
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	hosts := h.Dir.HostsFile(n.Name)
	if len(r.Hosts) > 0 {
		hosts = filepath.Join(dir, "hosts")
		if err := h.ownHosts(n, r, dir); err != nil {
			return err
		}
	}
	resolver := q.Resolver.Or(names.Host())
	resolv := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(resolv, []byte(resolver.Text()), 0o644); err != nil {
		return err
	}
	r.Files = true
	err := names.Mount(q.Pid, q.Rootfs, map[string]string{"etc/hosts": hosts, "etc/resolv.conf": resolv})
	if err != nil && !q.FilesWanted {
		h.Warn("hosts and resolv.conf: %v", err)
		r.Files, err = false, nil
	}
	return err
}

// ownHosts makes the hosts file of a container with lines of its own.
func (h *Host) ownHosts(n *store.Network, r *store.Record, dir string) error {
	lock, err := h.Dir.LockAll()
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := os.WriteFile(filepath.Join(dir, "own."+n.Name), []byte(strings.Join(r.Hosts, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	leases, err := h.Dir.Leases(n)
	if err != nil {
		return err
	}
	return h.hosts(n, leases)
}
