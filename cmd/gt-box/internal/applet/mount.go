package applet

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

type mountLine struct{ source, target, kind, options string }

// mounts reads /proc/self/mounts.
func mounts() ([]mountLine, error) {
	data, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var list []mountLine
	for line := range strings.Lines(string(data)) {
		w := strings.Fields(line)
		if len(w) > 3 {
			list = append(list, mountLine{path.Unmangle(w[0]), path.Unmangle(w[1]), w[2], w[3]})
		}
	}
	return list, nil
}

var mountFlags = []struct {
	name       string
	set, clear uintptr
}{
	{"ro", unix.MS_RDONLY, 0},
	{"rw", 0, unix.MS_RDONLY},
	{"nosuid", unix.MS_NOSUID, 0},
	{"suid", 0, unix.MS_NOSUID},
	{"nodev", unix.MS_NODEV, 0},
	{"dev", 0, unix.MS_NODEV},
	{"noexec", unix.MS_NOEXEC, 0},
	{"exec", 0, unix.MS_NOEXEC},
	{"noatime", unix.MS_NOATIME, 0},
	{"relatime", unix.MS_RELATIME, 0},
	{"remount", unix.MS_REMOUNT, 0},
	{"bind", unix.MS_BIND, 0},
	{"rbind", unix.MS_BIND | unix.MS_REC, 0},
	{"private", unix.MS_PRIVATE, 0},
	{"rprivate", unix.MS_PRIVATE | unix.MS_REC, 0},
	{"shared", unix.MS_SHARED, 0},
	{"rshared", unix.MS_SHARED | unix.MS_REC, 0},
	{"slave", unix.MS_SLAVE, 0},
	{"rslave", unix.MS_SLAVE | unix.MS_REC, 0},
	{"move", unix.MS_MOVE, 0},
}

// mount [-t type] [-o options] [--bind] source target; alone it lists.
func mount(args []string) int {
	list := make([]string, 0, len(args))
	for _, a := range args {
		if word, ok := strings.CutPrefix(a, "--"); ok && word != "" {
			list = append(list, "-o", strings.TrimPrefix(word, "make-"))
			continue
		}
		list = append(list, a)
	}
	f, rest, err := options(list, "t:o:r")
	if err != nil {
		return misuse(args, "%s", err)
	}
	if len(rest) == 0 && len(f) == 0 {
		return listMounts(args)
	}
	if len(rest) == 1 {
		rest = []string{"none", rest[0]}
	}
	if len(rest) != 2 {
		return misuse(args, "usage: mount [-t type] [-o options] source target")
	}
	var flags uintptr
	if f.has('r') {
		flags = unix.MS_RDONLY
	}
	var data []string
	for _, o := range strings.Split(strings.Join(f['o'], ","), ",") {
		if !mountFlag(o, &flags) && o != "" && o != "defaults" {
			data = append(data, o)
		}
	}
	if err := unix.Mount(rest[0], rest[1], f.value('t', ""), flags, strings.Join(data, ",")); err != nil {
		return fail(args, "mount %s on %s: %s", rest[0], rest[1], err)
	}
	return 0
}

func mountFlag(o string, flags *uintptr) bool {
	for _, m := range mountFlags {
		if m.name == o {
			*flags = *flags&^m.clear | m.set
			return true
		}
	}
	return false
}

func listMounts(args []string) int {
	list, err := mounts()
	if err != nil {
		return fail(args, "%s", err)
	}
	for _, m := range list {
		fmt.Fprintf(out, "%s on %s type %s (%s)\n", m.source, m.target, m.kind, m.options)
	}
	return 0
}

// umount [-lf] target…
func umount(args []string) int {
	f, names, err := options(args, "lf")
	if err != nil || len(names) == 0 {
		return misuse(args, "usage: umount [-lf] target…")
	}
	flags := 0
	if f.has('l') {
		flags |= unix.MNT_DETACH
	}
	if f.has('f') {
		flags |= unix.MNT_FORCE
	}
	return each(args, names, func(name string) error { return unix.Unmount(name, flags) })
}
