package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// network looks whether the container's own network namespace can be made anew
// instead of dumped and filled, which takes CRIU a dozen programs and 40 to 100
// ms: there is nothing in it but lo and nothing inside can have changed that, or
// the hooks of the spec, which a restore runs, put there what is in it.
func (f *facts) network() error {
	if f.net != "own" {
		return nil
	}
	n, err := scene.Links(f.ct.State.Pid)
	if err != nil {
		return err
	}
	f.loopback = n.Loopback
	f.alone = len(n.Links) == 0
	if f.alone {
		f.blank = !n.Strange && !grants(f.spec, "CAP_NET_ADMIN")
		return nil
	}
	f.blank = connects(f.spec)
	if !f.blank {
		for _, link := range n.Links {
			f.findings = append(f.findings, finding{
				Code: fail.CodeStatus, unless: "empty-ns",
				Say: "interface " + link + " of the container's own network namespace was not put there by a hook of its spec, need --empty-ns network and it made anew after a restore",
			})
		}
	}
	return nil
}

// connects: hooks that run when the namespaces are there.
func connects(s *specs.Spec) bool {
	h := s.Hooks
	return h != nil && len(h.CreateRuntime)+len(h.Prestart) > 0 //nolint:staticcheck // Docker still sends it
}

// namesFiles are what a hook such as gt-net's lays over the container's own, in
// the mount namespace that CRIU begins with: what stands there then is bound to
// the same place in the container's. A link in the root would lead to the host.
func namesFiles(root string, s *specs.Spec) (map[string]string, error) {
	at := map[string]string{}
	if !connects(s) {
		return at, nil
	}
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fail.Error{Member: "/root/path", Op: "open " + root, Cause: err}
	}
	defer unix.Close(dir)
	for _, name := range []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"} {
		fd, err := path.Open(dir, name, unix.O_PATH)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			return nil, &fail.Error{Op: "open " + name + " in " + root, Cause: err}
		}
		var inside, plain unix.Stat_t
		err = unix.Fstat(fd, &inside)
		_ = unix.Close(fd)
		if err != nil {
			return nil, err
		}
		if unix.Lstat(root+name, &plain) == nil && plain.Ino == inside.Ino && plain.Dev == inside.Dev {
			at[name] = root + name
		}
	}
	return at, nil
}

// grants tells whether a process of the container can have a capability.
func grants(s *specs.Spec, capability string) bool {
	c := s.Process.Capabilities
	return c != nil && slices.Contains(c.Bounding, capability)
}

// lock is the quickest way to hold a network still that does. Where nothing can
// come in, and no connection is taken along, it need not be held.
func (d *dumping) lock(version int) *rpc.CriuNetworkLockMethod {
	if d.facts.alone && !d.tcp && version >= skipsLock {
		return rpc.CriuNetworkLockMethod_SKIP.Enum()
	}
	return networkLock().Enum()
}

// skipsLock is the version of CRIU that can leave the lock out.
const skipsLock = 31900

// loopback brings a namespace that was made anew where it was: CRIU leaves lo
// down, and knows no sysctls of the spec.
func (v *revival) loopback(pid int) error {
	m := v.from.manifest
	if m == nil || !m.EmptyNet {
		return nil
	}
	return scene.InNetwork(pid, func() error {
		if m.Loopback {
			if e := bare.Loopback(); e != 0 {
				return &fail.Error{Op: "set lo up", Cause: e}
			}
		}
		for key, value := range v.r.Spec.Linux.Sysctl {
			if !strings.HasPrefix(key, "net.") {
				continue
			}
			file := filepath.Join("/proc/sys", strings.ReplaceAll(key, ".", "/"))
			if err := os.WriteFile(file, []byte(value), 0); err != nil {
				return &fail.Error{Member: "/linux/sysctl/" + key, Op: "set " + key, Cause: err}
			}
		}
		return nil
	})
}
