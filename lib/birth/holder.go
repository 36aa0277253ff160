package birth

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// maps are the id maps of the user namespace that is created, if one is.
func (r *Request) maps() idmap.Maps {
	if !r.Namespace.Creates(unix.CLONE_NEWUSER) {
		return idmap.Maps{}
	}
	return idmap.Maps{UID: r.Maps.UIDMappings, GID: r.Maps.GIDMappings}
}

// lend is spawn for a user whose map newuidmap has to write. Who executes a
// program in a namespace without a map loses all capabilities there
// (user_namespaces(7)), so the namespace is made with a process that holds it
// until it has its map, and the container's process joins it.
func (r *Request) lend(s sys.Spawn) (*Born, error) {
	fd, err := mapped(s, r.maps())
	if err != nil {
		return nil, &fail.Error{Code: fail.CodePermission, Member: "/linux/uidMappings", Cause: err}
	}
	defer unix.Close(fd)
	s.New &^= unix.CLONE_NEWUSER
	s.Join = append([]sys.Join{{FD: fd, Flags: unix.CLONE_NEWUSER}}, s.Join...)
	s.UIDMap, s.GIDMap, s.RootUID = nil, nil, true
	pid, pidfd, err := s.Start()
	return &Born{Pid: pid, PidFD: pidfd}, err
}

// hold makes the process that waits for a plan that never comes: gt-init, with
// a socket and nothing else of ours.
func hold(s sys.Spawn, sock int) (*Born, error) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(null)
	pid, pidfd, err := (&sys.Spawn{
		Exe: s.Exe, Args: s.Args, Env: []string{"GT_INIT=3,3", "GOMAXPROCS=1"},
		Files: []int{null, null, null, sock}, New: unix.CLONE_NEWUSER, Cgroup: -1,
	}).Start()
	return &Born{Pid: pid, PidFD: pidfd}, err
}
