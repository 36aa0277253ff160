// Package ns turns the namespaces of a spec into what clone(2) creates and
// what setns(2) joins.
package ns

import (
	"slices"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// kinds in the order in which they have to be joined: the user namespace gives
// the rights for the others, the mount namespace takes the paths away.
var kinds = []struct {
	kind specs.LinuxNamespaceType
	flag int
	file string
}{
	{specs.UserNamespace, unix.CLONE_NEWUSER, "user"},
	{specs.CgroupNamespace, unix.CLONE_NEWCGROUP, "cgroup"},
	{specs.IPCNamespace, unix.CLONE_NEWIPC, "ipc"},
	{specs.UTSNamespace, unix.CLONE_NEWUTS, "uts"},
	{specs.NetworkNamespace, unix.CLONE_NEWNET, "net"},
	{specs.PIDNamespace, unix.CLONE_NEWPID, "pid"},
	{specs.TimeNamespace, unix.CLONE_NEWTIME, "time"},
	{specs.MountNamespace, unix.CLONE_NEWNS, "mnt"},
}

// Set is what a birth does about namespaces.
type Set struct {
	New    uint64     // CLONE_NEW flags to create with clone
	Cgroup bool       // a cgroup namespace to create inside, once the group is entered
	Join   []sys.Join // in joining order; descriptors are the set's
	Time   *sys.Join  // a time namespace, which only a process of its own memory can join (setns(2), EUSERS)
}

// Has tells whether the container gets its own namespace of a kind, new or
// joined.
func (s *Set) Has(flag int) bool {
	if s.New&uint64(flag) != 0 || flag == unix.CLONE_NEWCGROUP && s.Cgroup {
		return true
	}
	for _, j := range s.Join {
		if j.Flags == flag {
			return true
		}
	}
	return s.Time != nil && flag == unix.CLONE_NEWTIME
}

// Creates tells whether a namespace of a kind is made for this container.
func (s *Set) Creates(flag int) bool { return s.New&uint64(flag) != 0 }

// Offsets leaves the time namespace to the process itself, which gives it its
// offsets before it enters.
func (s *Set) Offsets(set bool) {
	if set {
		s.New &^= unix.CLONE_NEWTIME
	}
}

// Open sorts the namespaces of a spec and opens the ones to join.
func Open(list []specs.LinuxNamespace) (*Set, error) {
	s := &Set{}
	for _, k := range kinds {
		for i, n := range list {
			if n.Type != k.kind {
				continue
			}
			if n.Path == "" {
				s.create(k.flag)
				continue
			}
			if err := s.join(n.Path, k.flag, i); err != nil {
				s.Close()
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *Set) create(flag int) {
	if flag == unix.CLONE_NEWCGROUP {
		s.Cgroup = true
		return
	}
	s.New |= uint64(flag)
}

func (s *Set) join(path string, flag, index int) error {
	member := "/linux/namespaces/" + strconv.Itoa(index) + "/path"
	fd, err := open(path)
	if err != nil {
		e := fail.New("", "open %s: %w", path, err)
		e.Member = member
		return e
	}
	if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != flag {
		_ = unix.Close(fd)
		return fail.Spec(member, "%s is no such namespace, need one of type %s", path, Name(flag))
	}
	s.add(sys.Join{FD: fd, Flags: flag})
	return nil
}

func (s *Set) add(j sys.Join) {
	if j.Flags == unix.CLONE_NEWTIME {
		s.Time = &j
		return
	}
	s.Join = append(s.Join, j)
}

// open opens a namespace. What is none comes back as a bare handle (O_PATH): to
// open a fifo would wait, and to open a device may set something off.
func open(path string) (int, error) {
	handle, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(handle, &st); err != nil || st.Type != unix.NSFS_MAGIC {
		return handle, nil //nolint:nilerr // the ioctl on it fails
	}
	defer unix.Close(handle)
	return unix.Open("/proc/self/fd/"+strconv.Itoa(handle), unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// Name is the file of a kind in /proc/PID/ns.
func Name(flag int) string {
	for _, k := range kinds {
		if k.flag == flag {
			return k.file
		}
	}
	return "unknown"
}

// File is the file of a kind in /proc/PID/ns, "" of an unknown one.
func File(kind specs.LinuxNamespaceType) string {
	for _, k := range kinds {
		if k.kind == kind {
			return k.file
		}
	}
	return ""
}

// Names lists the kinds that a spec may name, in order, for `features`.
func Names() []string {
	var list []string
	for _, k := range kinds {
		list = append(list, string(k.kind))
	}
	slices.Sort(list)
	return list
}

// Of opens the namespaces of a running process that differ from the caller's,
// in joining order, for exec.
func Of(pid string) (*Set, error) {
	s := &Set{}
	for _, k := range kinds {
		fd, err := unix.Open("/proc/"+pid+"/ns/"+k.file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.ENOENT && k.flag == unix.CLONE_NEWTIME {
			continue
		}
		if err != nil {
			s.Close()
			return nil, fail.New("", "open /proc/%s/ns/%s: %w", pid, k.file, err)
		}
		same, err := own(fd, k.file)
		if err != nil || same {
			_ = unix.Close(fd)
			if err != nil {
				s.Close()
				return nil, err
			}
			continue
		}
		s.add(sys.Join{FD: fd, Flags: k.flag})
	}
	return s, nil
}

func own(fd int, file string) (bool, error) {
	var a, b unix.Stat_t
	if err := unix.Fstat(fd, &a); err != nil {
		return false, err
	}
	if err := unix.Stat("/proc/self/ns/"+file, &b); err != nil {
		return false, err
	}
	return a.Ino == b.Ino && a.Dev == b.Dev, nil
}

// Close closes the descriptors of the namespaces to join.
func (s *Set) Close() {
	for _, j := range s.Join {
		_ = unix.Close(j.FD)
	}
	if s.Time != nil {
		_ = unix.Close(s.Time.FD)
	}
	s.Join, s.Time = nil, nil
}
