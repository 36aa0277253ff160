package lint

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/mount"
)

// mounts asks the compiler of each mount what it makes of it, and the host for
// the sources and filesystems.
func (l *linter) mounts() error {
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err
	}
	filesystems := strings.Fields(string(known))
	for i := range l.spec.Mounts {
		m, member := &l.spec.Mounts[i], at("/mounts", i)
		o, err := mount.Parse(m, member)
		if err != nil {
			l.add(Error, err)
			continue
		}
		l.add(Error, mount.Check(m, member))
		switch {
		case o.Bind:
			if m.Source == "" {
				continue
			}
			if err := unix.Access(l.host(m.Source), unix.F_OK); err != nil {
				l.add(Error, &fail.Error{Member: member + "/source", Op: "find " + l.host(m.Source), Cause: err})
			}
		case m.Type == "":
			l.tell(Error, fail.CodeSpec, member+"/type", "have none, need a filesystem, or the option bind")
		case !slices.Contains(filesystems, m.Type) && m.Type != "cgroup":
			l.tell(Warning, fail.CodeKernel, member+"/type", "the kernel does not have "+m.Type+" now, need it as a module")
		}
	}
	return nil
}
