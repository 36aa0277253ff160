package cgroup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Create makes the directories. A group that has processes, or is frozen,
// belongs to somebody else and is refused.
func (g *Group) Create() error {
	if g.unit != nil {
		for _, name := range sorted(g.dirs) {
			if _, err := os.Stat(g.dirs[name]); err != nil {
				continue // systemd makes it
			}
			if err := g.unused(g.dirs[name]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range sorted(g.dirs) {
		dir := g.dirs[name]
		err := g.mkdir(name, dir)
		if err == unix.EEXIST {
			if err := g.unused(dir); err != nil {
				return err
			}
			continue
		}
		if err == unix.EACCES || err == unix.EPERM || err == unix.EROFS {
			if rootless, rerr := idmap.Rootless(); rerr == nil && rootless {
				delete(g.dirs, name) // a user without delegation goes without a group
				continue
			}
		}
		if err != nil {
			return &fail.Error{Op: "make cgroup " + dir, Member: "/linux/cgroupsPath", Cause: err}
		}
	}
	return g.give()
}

// mkdir makes a directory and its parents. A cpuset group is born empty and
// takes no process until it has CPUs and memory nodes (cpuset(7)).
func (g *Group) mkdir(name, dir string) error {
	err := unix.Mkdir(dir, 0o755)
	if err == unix.ENOENT && filepath.Dir(dir) != top {
		if err := g.mkdir(name, filepath.Dir(dir)); err != nil && err != unix.EEXIST {
			return err
		}
		err = unix.Mkdir(dir, 0o755)
	}
	if err != nil {
		return err
	}
	g.made = append(g.made, dir)
	if name != "cpuset" {
		return nil
	}
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(dir), file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0); err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) unused(dir string) error {
	b, err := os.ReadFile(dir + "/cgroup.procs")
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(b))) > 0 {
		e := fail.New(fail.CodeBusy, "cgroup %s has processes, need an empty one", dir)
		e.Member = "/linux/cgroupsPath"
		return e
	}
	for file, frozen := range map[string]string{"cgroup.freeze": "1", "freezer.state": "FROZEN"} {
		if text, err := read(dir, file); err == nil && text == frozen {
			e := fail.New(fail.CodeBusy, "cgroup %s is frozen, need one that is not", dir)
			e.Member = "/linux/cgroupsPath"
			return e
		}
	}
	return nil
}

// OpenDir opens the cgroup2 directory, for clone3 to be born in it; -1 where
// there is none yet. The descriptor is the caller's.
func (g *Group) OpenDir() (int, error) {
	dir := g.dirs[""]
	if dir == "" || g.unit != nil && !g.unit.begun {
		return -1, nil
	}
	return unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// Begin begins a scope around a process, if the group is one that has yet to be,
// with the limits that were applied before.
func (g *Group) Begin(pid int) error {
	if g.unit == nil || g.unit.begun {
		return nil
	}
	return g.begin(pid)
}

// Doors are the directories of the v1 groups that a process enters by itself, by
// writing 0 to the file Door in them. A scope's first process is put there.
func (g *Group) Doors() []string {
	if g.unit != nil {
		return nil
	}
	var list []string
	for _, name := range sorted(g.dirs) {
		if name != "" {
			list = append(list, g.dirs[name])
		}
	}
	return list
}

// Door moves the thread that writes to it (cgroups(7)).
const Door = "tasks"

// Enter puts a process that cannot be told into the v1 groups, or begins a scope
// around it.
func (g *Group) Enter(pid int) error {
	if g.unit != nil && !g.unit.begun {
		return g.begin(pid)
	}
	for name, dir := range g.dirs {
		if name == "" {
			continue
		}
		if err := write(dir, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return err
		}
	}
	return nil
}

func write(dir, file, value string) error {
	name := dir + "/" + file
	fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fail.Error{Op: "open " + name, Cause: err}
	}
	defer unix.Close(fd)
	// A v1 memory limit takes pages back first, and a signal interrupts that.
	for err = unix.EINTR; err == unix.EINTR; {
		_, err = unix.Write(fd, []byte(value))
	}
	if err != nil {
		return &fail.Error{Op: "write " + strconv.Quote(value) + " to " + name, Cause: err}
	}
	return nil
}

func read(dir, file string) (string, error) {
	b, err := os.ReadFile(dir + "/" + file)
	return strings.TrimSpace(string(b)), err
}

// any is a directory that lists all processes.
func (g *Group) any() string {
	for _, c := range []string{"", "pids", "devices", "freezer", "systemd"} {
		if d := g.dirs[c]; d != "" {
			return d
		}
	}
	for _, d := range g.dirs {
		return d
	}
	return ""
}

// Pids lists the processes of the group and all groups below it.
func (g *Group) Pids() ([]int, error) {
	var pids []int
	dir := g.any()
	if dir == "" {
		return nil, nil
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "cgroup.procs" {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, unix.ENODEV) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.EOPNOTSUPP) {
			return nil
		}
		for _, f := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(f); err == nil && pid > 0 {
				pids = append(pids, pid)
			}
		}
		return err
	})
	return pids, err
}

// Kill signals every process of the group. A frozen one stays so, but for
// SIGKILL: on v1 a process has to thaw to die.
func (g *Group) Kill(sig unix.Signal) error {
	if d := g.dirs[""]; d != "" && sig == unix.SIGKILL && g.mode == V2 {
		if err := write(d, "cgroup.kill", "1"); err == nil {
			return nil
		}
	}
	// Frozen, nothing forks away while it is being signalled.
	var thaw bool
	if paused, err := g.Frozen(); err == nil && paused {
		thaw = sig == unix.SIGKILL
	} else {
		thaw = g.Freeze() == nil
	}
	pids, err := g.Pids()
	for _, pid := range pids {
		if kerr := unix.Kill(pid, sig); kerr != nil && kerr != unix.ESRCH && err == nil {
			err = kerr
		}
	}
	if thaw {
		if terr := g.Thaw(); err == nil {
			err = terr
		}
	}
	return err
}

// Remove takes the directories away, those below them first.
func (g *Group) Remove() error {
	if g.unit != nil {
		if err := g.end(); err != nil {
			return err
		}
	}
	var first error
	for _, name := range sorted(g.dirs) {
		if err := removeTree(g.dirs[name]); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Unmake takes back what Create made, and nothing that was there before it. A
// parent that somebody else uses by now stays.
func (g *Group) Unmake() error {
	if g.unit != nil {
		g.unit.hangUp()
		if !g.unit.begun {
			return nil
		}
		return g.Remove()
	}
	leaf := map[string]bool{}
	for _, dir := range g.dirs {
		leaf[dir] = true
	}
	var first error
	for _, dir := range slices.Backward(g.made) {
		if !leaf[dir] {
			_ = unix.Rmdir(dir)
		} else if err := removeTree(dir); err != nil && first == nil {
			first = err
		}
	}
	g.made = nil
	return first
}

func removeTree(dir string) error {
	err := rmdir(dir)
	if err == nil || err == unix.ENOENT {
		return nil
	}
	entries, rerr := os.ReadDir(dir)
	if rerr != nil {
		return rerr
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(dir + "/" + e.Name()); err != nil {
				return err
			}
		}
	}
	if err = rmdir(dir); err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return &fail.Error{Op: "remove cgroup " + dir, Cause: err}
	}
	return nil
}

// rmdir retries EBUSY: the last process is accounted for a moment after it has
// been reaped, and the kernel has no event for that.
func rmdir(dir string) error {
	var err error
	for wait := 1; wait <= 256; wait *= 2 {
		if err = unix.Rmdir(dir); err != unix.EBUSY {
			return err
		}
		if populated(dir) {
			return err
		}
		_, _ = unix.Poll(nil, wait)
	}
	return err
}

func populated(dir string) bool {
	b, err := os.ReadFile(dir + "/cgroup.procs")
	return err == nil && len(strings.TrimSpace(string(b))) > 0
}
