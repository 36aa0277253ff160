package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/fail"
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
			path := filepath.Join("/proc/sys", strings.ReplaceAll(key, ".", "/"))
			if err := os.WriteFile(path, []byte(value), 0); err != nil {
				return &fail.Error{Member: "/linux/sysctl/" + key, Op: "set " + key, Cause: err}
			}
		}
		return nil
	})
}
