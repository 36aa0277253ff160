package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/cgroup"
)

// standStill freezes what was restored until CRIU has let go of it. CRIU lets go
// of one thread after the other, and gives up if one that runs already has ended
// its process meanwhile, as a sleep does whose time is over. CRIU itself and its
// helpers have to be out of the group by then. Where it cannot be frozen, it is
// tried again.
func (v *revival) standStill() {
	err := v.leave()
	if err == nil {
		err = v.r.Group.Freeze()
		v.frozen = err == nil
	}
	if err != nil {
		v.call.Debugf("freeze what was restored: %v", err)
		_ = v.r.Group.Thaw() // half of it may be
	}
}

// leave moves CRIU from the container's freezer to our own.
func (v *revival) leave() error {
	procs, err := ownFreezer(v.r.Group)
	if err != nil {
		return err
	}
	pids, err := v.r.Group.Pids()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if !scene.Descends(pid, v.worker) {
			continue
		}
		if err := os.WriteFile(procs, []byte(itoa(pid)), 0); err != nil {
			return err
		}
	}
	return nil
}

// ownFreezer is where this process is, in the hierarchy in which the container
// can be frozen.
func ownFreezer(g *cgroup.Group) (string, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	mode, dirs := g.Dirs()
	want, mount := "", "/sys/fs/cgroup"
	switch {
	case mode != cgroup.V2 && dirs["freezer"] != "":
		want, mount = "freezer", mount+"/freezer"
	case mode != cgroup.V2:
		mount += "/unified"
	}
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name, path, ok := strings.Cut(rest, ":"); ok && name == want {
			return filepath.Join(mount, path, "cgroup.procs"), nil
		}
	}
	return "", os.ErrNotExist
}
