package mount

import (
	"path"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
)

// standard devices of every container (runtime-spec config-linux.md, "Default
// Devices").
var standard = []struct {
	name         string
	major, minor uint32
}{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}}

var links = [][2]string{
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
	{"/dev/ptmx", "pts/ptmx"},
}

// devices makes the nodes. A /dev that is bound from elsewhere is left alone,
// as it belongs to somebody.
func devices(s *specs.Spec, pl *plan.Plan, h Host) {
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if path.Clean(m.Destination) != "/dev" {
			continue
		}
		if o, err := Parse(m, ""); err == nil && o.Bind {
			return
		}
	}
	listed := map[string]bool{}
	for _, d := range s.Linux.Devices {
		listed[path.Clean(d.Path)] = true
	}
	for _, d := range standard {
		if !listed["/dev/"+d.name] {
			node(plan.Step{Path: "/dev/" + d.name, Mode: unix.S_IFCHR | 0o666, Dev: unix.Mkdev(d.major, d.minor)}, pl, h)
		}
	}
	for i := range s.Linux.Devices {
		d := &s.Linux.Devices[i]
		step := plan.Step{Member: "/linux/devices/" + strconv.Itoa(i), Path: d.Path, Dev: unix.Mkdev(uint32(d.Major), uint32(d.Minor))}
		mode := uint32(0o666)
		if d.FileMode != nil {
			mode = uint32(*d.FileMode) & 0o7777
		}
		step.Mode = kind(d.Type) | mode
		if d.UID != nil {
			step.UID = *d.UID
		}
		if d.GID != nil {
			step.GID = *d.GID
		}
		node(step, pl, h)
	}
	for _, l := range links {
		pl.Add(plan.Step{Op: plan.OpSymlink, Path: l[0], Source: l[1]})
	}
}

func kind(word string) uint32 {
	switch word {
	case "b":
		return unix.S_IFBLK
	case "p":
		return unix.S_IFIFO
	}
	return unix.S_IFCHR
}

// node makes a device. In a user namespace the kernel allows only fifos, so the
// host's node is bound.
func node(s plan.Step, pl *plan.Plan, h Host) {
	s.Op = plan.OpMknod
	if h.UserNS && s.Mode&unix.S_IFMT != unix.S_IFIFO {
		bound := plan.Step{Op: plan.OpBind, Member: s.Member, Path: s.Path, Source: s.Path, Flags: unix.MS_BIND}
		if s.Member != "" { // of the spec: the host may have another one by that name
			bound.Dev, bound.Mode = s.Dev, s.Mode&unix.S_IFMT
		}
		s = bound
	}
	pl.Add(s)
}
