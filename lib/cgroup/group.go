// Package cgroup is a container's control group on cgroup v1, on a hybrid host
// (v1 controllers and a cgroup2 tree beside them), and on v2. It writes the
// kernel's files itself: the library that does the same costs the start of
// every container 1.7 ms to link.
package cgroup

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const top = "/sys/fs/cgroup"

// Mode is the layout of the host.
type Mode uint8

// The layouts.
const (
	V1     Mode = iota + 1 // v1 hierarchies only
	Hybrid                 // v1 hierarchies, and cgroup2 at /sys/fs/cgroup/unified
	V2                     // cgroup2 at /sys/fs/cgroup
)

// String is the word in state.json.
func (m Mode) String() string { return [...]string{"", "v1", "hybrid", "v2"}[m] }

// ParseMode reads the word in state.json.
func ParseMode(word string) (Mode, error) {
	for _, m := range []Mode{V1, Hybrid, V2} {
		if m.String() == word {
			return m, nil
		}
	}
	return 0, fail.New(fail.CodeInput, "cgroup mode is %q, need v1, hybrid or v2", word)
}

// Group is a container's group: a directory in each hierarchy.
type Group struct {
	mode Mode
	dirs map[string]string // hierarchy ("cpu,cpuacct", "" is cgroup2) to directory
	made []string          // by Create, in order

	unit  *unit // of systemd's driver
	owner *int  // who is to rule it from inside
}

// probe tells the layout from the filesystem at /sys/fs/cgroup.
func probe() (Mode, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(top, &st); err != nil {
		return 0, &fail.Error{Code: fail.CodeHost, Op: "look at " + top, Cause: err}
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return V2, nil
	}
	if err := unix.Statfs(top+"/unified", &st); err == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
		return Hybrid, nil
	}
	return V1, nil
}

// Locate decides the directories of a group, and touches nothing. An absolute
// path begins at the root of each hierarchy; a relative one, or none (then the
// ID is used), below the caller's own group, on v2 beside it.
func Locate(path, id string) (*Group, error) {
	mode, err := probe()
	if err != nil {
		return nil, err
	}
	if strings.Count(path, ":") == 2 && !strings.Contains(path, "/") {
		return nil, fail.Spec("/linux/cgroupsPath", "have %q for the systemd driver, need --systemd-cgroup, or a path for the cgroupfs driver", path)
	}
	g := &Group{mode: mode, dirs: map[string]string{}}
	roots, err := hierarchies(mode)
	if err != nil {
		return nil, err
	}
	var own map[string]string
	if !filepath.IsAbs(path) {
		if own, err = ownGroups(); err != nil {
			return nil, err
		}
	}
	if path == "" {
		path = id
	}
	for _, name := range roots {
		at := own[name]
		if mode == V2 {
			// A group with processes hands no controllers down (cgroups(7), "no
			// internal processes"), and the caller is one.
			at = filepath.Dir(filepath.Clean("/" + at))
		}
		g.dirs[name] = below(mode, name, at, path)
	}
	return g, nil
}

// below is a path below one's own group, each cleaned as absolute, so that ".."
// ends at the hierarchy's root.
func below(mode Mode, name, own, path string) string {
	return filepath.Join(mountOf(mode, name), filepath.Clean("/"+own), filepath.Clean("/"+path))
}

func mountOf(mode Mode, name string) string {
	switch {
	case name != "":
		return top + "/" + name
	case mode == Hybrid:
		return top + "/unified"
	}
	return top
}

// hierarchies lists the directories below /sys/fs/cgroup that are mounts.
func hierarchies(mode Mode) ([]string, error) {
	if mode == V2 {
		return []string{""}, nil
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "unified" {
			var st unix.Statfs_t
			if unix.Statfs(top+"/"+e.Name(), &st) == nil && st.Type == unix.CGROUP_SUPER_MAGIC {
				list = append(list, e.Name())
			}
		}
	}
	if mode == Hybrid {
		list = append(list, "")
	}
	return list, nil
}

// ownGroups reads /proc/self/cgroup (cgroups(7)).
func ownGroups() (map[string]string, error) {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	return parseOwn(string(b)), nil
}

// parseOwn: lines of ID:CONTROLLERS:PATH; the path may have colons, a named
// hierarchy is name=NAME, cgroup2 has none.
func parseOwn(text string) map[string]string {
	own := map[string]string{}
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) == 3 {
			own[strings.TrimPrefix(parts[1], "name=")] = parts[2]
		}
	}
	return own
}

// Load is the group of a state.json.
func Load(mode Mode, dirs map[string]string) *Group { return &Group{mode: mode, dirs: dirs} }

// Dirs is what state.json keeps of a group.
func (g *Group) Dirs() (Mode, map[string]string) { return g.mode, g.dirs }

// A Hierarchy is one as the container's cgroup mount shows it.
type Hierarchy struct {
	Name  string // directory below /sys/fs/cgroup; "" is cgroup2 as the whole
	Data  string // mount data
	Dir   string // the container's directory on the host
	Links []string
}

// Hierarchies lists the v1 hierarchies, or the one of v2.
func (g *Group) Hierarchies() []Hierarchy {
	if g.mode == V2 {
		if g.dirs[""] == "" {
			return nil
		}
		return []Hierarchy{{Dir: g.dirs[""]}}
	}
	var list []Hierarchy
	for _, name := range sorted(g.dirs) {
		if name == "" {
			continue
		}
		h := Hierarchy{Name: name, Data: name, Dir: g.dirs[name]}
		if name == "systemd" {
			h.Data = "none,name=systemd"
		}
		if strings.Contains(name, ",") {
			h.Links = strings.Split(name, ",")
		}
		list = append(list, h)
	}
	return list
}

// dir is the directory that has a v1 controller.
func (g *Group) dir(controller string) string {
	if d := g.dirs[controller]; d != "" {
		return d
	}
	for name, d := range g.dirs {
		for _, c := range strings.Split(name, ",") {
			if c == controller {
				return d
			}
		}
	}
	return ""
}
