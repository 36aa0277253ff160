package birth

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// UserNamespace makes a user namespace with maps in which nobody lives. The
// descriptor is the caller's.
func UserNamespace(uids, gids []specs.LinuxIDMapping) (int, error) {
	exe, err := openInit()
	if err != nil {
		return -1, err
	}
	defer unix.Close(exe)
	return mapped(sys.Spawn{Exe: exe, Args: []string{"gt-init"}}, idmap.Maps{UID: uids, GID: gids})
}

// mapped makes a user namespace with a process that holds it until it has its
// maps and is held by its descriptor, which is the caller's.
func mapped(s sys.Spawn, m idmap.Maps) (int, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pair[0])
	holder, err := hold(s, pair[1])
	_ = unix.Close(pair[1])
	if err != nil {
		return -1, err
	}
	defer holder.Kill()
	if err := m.Write(holder.Pid); err != nil {
		return -1, err
	}
	return unix.Open("/proc/"+strconv.Itoa(holder.Pid)+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
}
