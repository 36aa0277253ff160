package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/state"
)

// facts are what a dump has to know of a container, and what stands in its way.
type facts struct {
	ct       *container.Container
	spec     *specs.Spec
	pids     []int
	mounts   []scene.Mount
	external []image.External
	stdio    []image.Stdio
	terminal bool
	net      string // joined, own or host
	pidns    string
	alone    bool     // its own network namespace has lo only
	loopback bool     // which is up
	blank    bool     // and can be made anew
	keys     []string // externals beside mounts
	findings []finding
}

// look reads a container that lives.
func look(ct *container.Container) (*facts, error) {
	if err := ct.Need(dumpable...); err != nil {
		return nil, err
	}
	f := &facts{ct: ct}
	var err error
	if f.spec, err = ct.Spec(); err != nil {
		return nil, err
	}
	if f.pids, err = ct.Group.Pids(); err != nil {
		return nil, err
	}
	pid := strconv.Itoa(ct.State.Pid)
	if f.mounts, err = scene.Mounts(pid); err != nil {
		return nil, err
	}
	host, err := scene.Mounts("self")
	if err != nil {
		return nil, err
	}
	for _, m := range scene.Foreign(f.mounts, host) {
		f.external = append(f.external, image.External{Point: m.Point, Type: m.Type})
	}
	for i := range f.mounts {
		if kind := f.remade(&f.mounts[i]); kind != "" {
			f.external = append(f.external, image.External{Point: f.mounts[i].Point, Type: "tmpfs", Made: kind})
		}
	}
	f.namespaces(pid)
	if err := f.network(); err != nil {
		return nil, err
	}
	f.strangers()
	return f, f.descriptors()
}

// namespaces: those joined by a path stay where they are, and are joined again
// by the spec of the restore.
func (f *facts) namespaces(pid string) {
	f.net, f.pidns = "host", "host"
	for i, ns := range f.spec.Linux.Namespaces {
		how := "own"
		if ns.Path != "" {
			how = "joined"
		}
		switch ns.Type {
		case specs.NetworkNamespace:
			f.net = how
		case specs.PIDNamespace:
			f.pidns = how
		default:
			if how == "joined" && !joinable(ns.Type) {
				f.find("/linux/namespaces/"+strconv.Itoa(i), "the "+string(ns.Type)+" namespace is joined by a path, need one of the container's own")
			}
		}
	}
	for file, how := range map[string]string{"net": f.net, "pid": f.pidns} {
		var st unix.Stat_t
		if how == "joined" && unix.Stat("/proc/"+pid+"/ns/"+file, &st) == nil {
			f.keys = append(f.keys, file+"["+strconv.FormatUint(st.Ino, 10)+"]:"+nsKeys[file])
		}
	}
}

// nsKeys are the names that runc gives namespaces joined by a path.
var nsKeys = map[string]string{"net": "extRootNetNS", "pid": "extRootPidNS"}

func (f *facts) strangers() {
	for _, p := range scene.Strangers(f.ct.State.Pid, f.pids) {
		f.find("", "process "+strconv.Itoa(p.Pid)+" ("+p.Name+") came by exec and is not of the container's tree, need it ended")
	}
}

// descriptors looks at what is open. The first three may come from outside:
// who restores brings his own.
func (f *facts) descriptors() error {
	seen := map[string]bool{}
	for _, pid := range f.pids {
		files, err := scene.Files(pid)
		if err != nil {
			if os.IsNotExist(err) || errors.Is(err, unix.ESRCH) {
				continue // it has ended
			}
			return err
		}
		for i := range files {
			f.descriptor(&files[i], seen)
		}
	}
	return nil
}

func (f *facts) descriptor(file *scene.File, seen map[string]bool) {
	init := file.Pid == f.ct.State.Pid && file.FD <= 2
	key := file.Key()
	switch {
	case file.Terminal():
		f.terminal = f.terminal || init
	case file.Outside(f.mounts):
		if file.Mode&unix.S_IFMT == unix.S_IFIFO {
			f.find("", say(file)+", a named fifo of the host, need a pipe, /dev/null or a terminal there")
			return
		}
		if !seen[key] && !init {
			if !f.isStdio(key) {
				f.find("", say(file)+", opened outside the container's mounts, need it closed")
				return
			}
		}
		if !seen[key] {
			f.keys = append(f.keys, key)
		}
	}
	if init && !file.Terminal() && (file.Mode&unix.S_IFMT == unix.S_IFIFO || file.Outside(f.mounts)) {
		f.stdio = append(f.stdio, image.Stdio{FD: file.FD, Key: key, Was: file.What()})
	}
	seen[key] = true
}

func (f *facts) isStdio(key string) bool {
	for _, s := range f.stdio {
		if s.Key == key {
			return true
		}
	}
	return false
}

// externals are CRIU's --external values.
func (f *facts) externals() []string {
	list := append([]string(nil), f.keys...)
	for _, m := range f.external {
		list = append(list, "mnt["+m.Point+"]:"+m.Point)
	}
	return list
}

// freezer is the group that CRIU has to thaw: only of a paused container. One
// that runs is stopped by ptrace alone, which takes less than CRIU's looking at
// a freezer.
func (f *facts) freezer() string {
	if f.ct.Status != state.Paused {
		return ""
	}
	dirs := f.ct.State.Cgroups
	if dir := dirs["freezer"]; dir != "" {
		return dir
	}
	return dirs[""]
}

// writeDescriptors writes what runc writes for its restore.
func (f *facts) writeDescriptors(dir string) error {
	was := []string{"/dev/null", "/dev/null", "/dev/null"}
	for i := range was {
		if target, err := os.Readlink("/proc/" + strconv.Itoa(f.ct.State.Pid) + "/fd/" + strconv.Itoa(i)); err == nil {
			was[i] = target
		}
	}
	b, err := json.Marshal(was)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "descriptors.json"), b, 0o600)
}
