// Package rdt puts containers into classes of cache and memory bandwidth, by
// Linux's resctrl filesystem (runtime-spec config-linux.md, "IntelRdt").
package rdt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const (
	member = "/linux/intelRdt"
	usual  = "/sys/fs/resctrl"
	magic  = 0x7655821 // RDTGROUP_SUPER_MAGIC
)

// A Group is a container's class, and in it the group that is measured.
type Group struct {
	dir     string // of the class
	own     bool   // the class is the container's and goes with it
	monitor string // directory to measure in, "" for none
}

// Root is where resctrl is mounted.
func Root() (string, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(usual, &fs); err == nil && fs.Type == magic {
		return usual, nil
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(mounts) {
		// 36 35 98:0 /root /place options - type source options
		before, after, ok := bytes.Cut(line, []byte(" - "))
		words := bytes.Fields(before)
		if ok && len(words) > 4 && bytes.HasPrefix(after, []byte("resctrl ")) {
			return string(words[4]), nil
		}
	}
	return "", lacking()
}

// lacking says what is not there: the processor's part, the kernel's, or the
// mount.
func lacking() error {
	e := fail.New(fail.CodeHost, "have no resctrl filesystem, need a processor with RDT and it mounted at %s", usual)
	e.Member = member
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err
	}
	if !bytes.Contains(known, []byte("\tresctrl\n")) {
		e.Code, e.Hint = fail.CodeKernel, "this kernel or processor has none: no resctrl in /proc/filesystems"
	}
	return e
}

// Find is the class of a container, whether it is there or not.
func Find(root string, r *specs.LinuxIntelRdt, id string) *Group {
	g := &Group{dir: filepath.Join(root, r.ClosID)}
	if r.ClosID == "" {
		g.dir, g.own = filepath.Join(root, id), true
	}
	if r.EnableMonitoring {
		g.monitor = filepath.Join(g.dir, "mon_groups", id)
	}
	return g
}

// Create makes the class where the specification says so, writes what it gets,
// and makes the group to measure in. When it fails nothing is left.
func (g *Group) Create(r *specs.LinuxIntelRdt) error {
	lines := Lines(r)
	err := os.Mkdir(g.dir, 0o755)
	made := err == nil
	switch {
	case made && !g.own && len(lines) == 0:
		_ = os.Remove(g.dir)
		return refuse("/closID", "have %q, which is no class, need one that is there, or a schema to make it with", r.ClosID)
	case made:
		err = g.Write(lines)
	case !errors.Is(err, unix.EEXIST):
		return explain(g.dir, err)
	case g.own:
		return refuse("", "have a class %s already, need another container ID, or it named as closID", filepath.Base(g.dir))
	default:
		err = g.compare(lines)
	}
	if err == nil && g.monitor != "" {
		if err = os.Mkdir(g.monitor, 0o755); err != nil {
			err = explain(g.monitor, err)
		}
	}
	if err != nil && made {
		_ = os.Remove(g.dir) // its error would hide the reason
	}
	return err
}

// explain: a processor has few classes, and each is a directory.
func explain(dir string, err error) error {
	e := &fail.Error{Member: member, Op: "make " + dir, Cause: errors.Unwrap(err)}
	if errors.Is(err, unix.ENOSPC) {
		e.Code, e.Hint = fail.CodeLimit, "the processor has no class or monitor left"
	}
	return e
}

func refuse(at, format string, args ...any) error { return fail.Spec(member+at, format, args...) }

// Lines are those for the file schemata, in the order of the specification.
func Lines(r *specs.LinuxIntelRdt) []string {
	var lines []string
	for _, l := range append([]string{r.L3CacheSchema, r.MemBwSchema}, r.Schemata...) {
		for line := range strings.SplitSeq(l, "\n") {
			if line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// Shares are the lines that the class has now.
func (g *Group) Shares() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(g.dir, "schemata"))
	if err != nil {
		return nil, &fail.Error{Member: member, Op: "read the schemata of " + g.dir, Cause: errors.Unwrap(err)}
	}
	var lines []string
	for line := range strings.Lines(string(text)) { // numbers may have blanks before them
		lines = append(lines, strings.Join(strings.Fields(line), ""))
	}
	return lines, nil
}

// Write gives the class its shares: all of them, or with an error none.
func (g *Group) Write(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	err := os.WriteFile(filepath.Join(g.dir, "schemata"), []byte(strings.Join(lines, "\n")+"\n"), 0)
	if err == nil {
		return nil
	}
	e := &fail.Error{Member: member, Op: "write " + strings.Join(lines, " "), Cause: err}
	said, rerr := os.ReadFile(filepath.Join(filepath.Dir(g.dir), "info", "last_cmd_status"))
	if text := strings.TrimSpace(string(said)); rerr == nil && text != "" && text != "ok" {
		e.Hint = text // the kernel's own words
	}
	return e
}

// Add puts a process into the class.
func (g *Group) Add(pid int) error {
	for _, dir := range []string{g.dir, g.monitor} {
		if dir == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "tasks"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return &fail.Error{Member: member, Op: "enter " + dir, Cause: err}
		}
	}
	return nil
}

// Remove takes back what Create made.
func (g *Group) Remove() error {
	dirs := []string{g.monitor}
	if g.own {
		dirs = append(dirs, g.dir)
	}
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if err := unix.Rmdir(dir); err != nil && err != unix.ENOENT {
			return &fail.Error{Op: "remove " + dir, Cause: err}
		}
	}
	return nil
}
