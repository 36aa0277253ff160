// Package scene looks at a living container: its mounts, processes and
// descriptors, as far as a checkpoint has to know them.
package scene

import (
	"os"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/path"
)

// A Mount is a line of mountinfo (proc_pid_mountinfo(5)).
type Mount struct {
	ID, Parent  int
	Dev         string // major:minor
	Root, Point string
	Options     string
	Type        string
	Source      string
	Super       string
}

// Mounts reads the mounts that a process sees.
func Mounts(pid string) ([]Mount, error) {
	b, err := os.ReadFile("/proc/" + pid + "/mountinfo")
	if err != nil {
		return nil, err
	}
	var list []Mount
	for line := range strings.Lines(string(b)) {
		if m, ok := parseMount(line); ok {
			list = append(list, m)
		}
	}
	return list, nil
}

func parseMount(line string) (Mount, bool) {
	front, back, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
	f, b := strings.Fields(front), strings.Fields(back)
	if !ok || len(f) < 6 || len(b) < 2 {
		return Mount{}, false
	}
	m := Mount{Dev: f[2], Root: path.Unmangle(f[3]), Point: path.Unmangle(f[4]), Options: f[5], Type: b[0], Source: path.Unmangle(b[1])}
	if len(b) > 2 {
		m.Super = b[2]
	}
	var err error
	if m.ID, err = strconv.Atoi(f[0]); err != nil {
		return m, false
	}
	m.Parent, err = strconv.Atoi(f[1])
	return m, err == nil
}

// own are filesystems that CRIU makes anew when their root is mounted.
var own = map[string]bool{
	"proc": true, "sysfs": true, "tmpfs": true, "devpts": true, "mqueue": true, "binfmt_misc": true, "debugfs": true, "tracefs": true,
}

// Foreign are the mounts of a container that CRIU cannot make: what is bound
// from the host, or is a disk. Their contents stay where they are, and the
// restore has to be told what stands there. host are the host's mounts.
func Foreign(inside, host []Mount) []Mount {
	devs := map[string]bool{}
	for _, m := range host {
		devs[m.Dev] = true
	}
	var list []Mount
	for _, m := range inside {
		switch {
		case m.Point == "/":
		case !own[m.Type]:
			list = append(list, m)
		case devs[m.Dev] && !(m.Root == "/" && (m.Type == "sysfs" || m.Type == "mqueue" || m.Type == "proc")):
			list = append(list, m)
		}
	}
	return list
}
