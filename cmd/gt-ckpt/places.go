package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/cgroup"
)

func itoa(n int) string { return strconv.Itoa(n) }

// places are what of the host stands where in a container by its spec: binds,
// the cgroup hierarchies, masked files, and devices where no node can be made.
func places(s *specs.Spec, group *cgroup.Group) map[string]string {
	at := map[string]string{}
	for _, path := range s.Linux.MaskedPaths {
		at[filepath.Clean(path)] = "/dev/null"
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		at["/dev/"+name] = "/dev/" + name
	}
	for _, d := range s.Linux.Devices {
		at[filepath.Clean(d.Path)] = d.Path
	}
	for i := range s.Mounts {
		m := &s.Mounts[i]
		point := filepath.Clean(m.Destination)
		switch {
		case m.Type == "cgroup" || m.Type == "cgroup2":
			for _, h := range group.Hierarchies() {
				at[filepath.Join(point, h.Name)] = h.Dir
			}
		case isBind(m):
			at[point] = m.Source
		}
	}
	return at
}

func isBind(m *specs.Mount) bool {
	if m.Type == "bind" {
		return true
	}
	for _, o := range m.Options {
		if o == "bind" || o == "rbind" {
			return true
		}
	}
	return false
}

// cgroupRoots tells CRIU where the groups are, for the modes in which it makes
// them itself.
func cgroupRoots(dirs map[string]string) []*rpc.CgroupRoot {
	var list []*rpc.CgroupRoot
	for name, dir := range dirs {
		mount := "/sys/fs/cgroup"
		if name != "" {
			mount += "/" + name
		} else if _, err := os.Stat(mount + "/unified"); err == nil {
			mount += "/unified"
		}
		path := strings.TrimPrefix(dir, mount)
		list = append(list, &rpc.CgroupRoot{Ctrl: &name, Path: &path})
	}
	return list
}
