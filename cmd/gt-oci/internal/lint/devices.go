package lint

import (
	"fmt"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// devices: in a user namespace the host's node is bound, and stays as it is
// there. Elsewhere nodes are made, of whatever kind and mode.
func (l *linter) devices() error {
	user := false
	for _, n := range l.spec.Linux.Namespaces {
		user = user || n.Type == specs.UserNamespace
	}
	for i := range l.spec.Linux.Devices {
		if d := &l.spec.Linux.Devices[i]; user && d.Type != "p" {
			l.bound(at("/linux/devices", i), d)
		}
	}
	return nil
}

func (l *linter) bound(member string, d *specs.LinuxDevice) {
	var st unix.Stat_t
	if err := unix.Stat(d.Path, &st); err != nil {
		e := os.NewSyscallError("stat", err)
		l.tell(Error, fail.Details(e).Code, member+"/path", "have no such node on this host, need it in a user namespace: "+err.Error())
		return
	}
	const why = " on this host, whose node is bound in a user namespace"
	if want := unix.Mkdev(uint32(d.Major), uint32(d.Minor)); st.Rdev != want {
		l.tell(Error, fail.CodeSpec, member+"/major", fmt.Sprintf("have %d:%d, need %d:%d as", d.Major, d.Minor, unix.Major(st.Rdev), unix.Minor(st.Rdev))+why)
		return
	}
	if d.FileMode != nil && uint32(*d.FileMode)&0o777 != st.Mode&0o777 {
		l.warn(member+"/fileMode", fmt.Sprintf("have %#o, need %#o as", uint32(*d.FileMode)&0o777, st.Mode&0o777)+why)
	}
	l.owner(member+"/uid", d.UID, st.Uid, l.spec.Linux.UIDMappings)
	l.owner(member+"/gid", d.GID, st.Gid, l.spec.Linux.GIDMappings)
}

func (l *linter) owner(member string, want *uint32, owner uint32, m idmap.Map) {
	if want == nil || len(m) == 0 { // those of a namespace that is joined are its own
		return
	}
	if have, ok := m.ToContainer(owner); !ok {
		l.warn(member, fmt.Sprintf("have %d, and the node of this host, which is bound in a user namespace, belongs to its %d, which is not mapped", *want, owner))
	} else if have != *want {
		l.warn(member, fmt.Sprintf("have %d, need %d as on this host, whose node is bound in a user namespace", *want, have))
	}
}
