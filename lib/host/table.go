// Package host makes a root of the host's own: a throw-away overlay over /, in
// which homes, temporary files and secrets are not to be seen.
package host

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/path"
)

// An entry is one mount of this process's namespace.
type entry struct{ point, kind string }

// unreal are file systems that the kernel makes up, or that hold nothing worth
// showing: a container gets its own of them.
var unreal = []string{
	"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
	"efivarfs", "fusectl", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "hugetlbfs", "mqueue", "nfsd", "nsfs",
	"proc", "pstore", "ramfs", "resctrl", "rpc_pipefs", "rootfs", "securityfs", "selinuxfs", "smackfs", "sysfs",
	"tmpfs", "tracefs",
}

func (e entry) real() bool { return !slices.Contains(unreal, e.kind) }

// ours is the root of another bundle like this one.
func (e entry) ours() bool {
	if e.kind != "overlay" {
		return false
	}
	if filepath.Base(e.point) == "rootfs" {
		_, err := os.Lstat(filepath.Join(filepath.Dir(e.point), RecordName))
		return err == nil
	}
	return strings.Contains(e.point, "/"+upper+"/")
}

// table reads the mounts as proc_pid_mountinfo(5) lists them; of several at
// one place the last, which covers the others.
func table() ([]entry, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return parse(text), nil
}

func parse(text []byte) []entry {
	var list []entry
	place := map[string]int{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		left, right, ok := strings.Cut(lines.Text(), " - ")
		f := strings.Fields(left)
		kind, _, _ := strings.Cut(right, " ")
		if !ok || len(f) < 5 {
			continue
		}
		e := entry{path.Unmangle(f[4]), kind}
		if i, ok := place[e.point]; ok {
			list[i] = e
			continue
		}
		place[e.point] = len(list)
		list = append(list, e)
	}
	return list
}

// holder is the mount that a path lies on.
func holder(list []entry, name string) entry {
	best := entry{point: "/"}
	for _, e := range list {
		if within(name, e.point) && len(e.point) >= len(best.point) {
			best = e
		}
	}
	return best
}

// within holds if name is dir or below it.
func within(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}
