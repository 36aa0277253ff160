package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Everything here is set on the calling thread alone: it is the one that execs.

//house:table
var processSteps = [64]func(*birth, *plan.Step) error{
	plan.OpKeyring:      (*birth).keyring,
	plan.OpUnshare:      func(_ *birth, s *plan.Step) error { return unix.Unshare(int(s.Flags)) },
	plan.OpHook:         (*birth).hook,
	plan.OpSync:         (*birth).sync,
	plan.OpSysctl:       (*birth).sysctl,
	plan.OpHostname:     func(_ *birth, s *plan.Step) error { return unix.Sethostname([]byte(s.Data)) },
	plan.OpDomainname:   func(_ *birth, s *plan.Step) error { return unix.Setdomainname([]byte(s.Data)) },
	plan.OpLoopback:     func(*birth, *plan.Step) error { return orNil(sys.LoopbackUp()) },
	plan.OpRlimit:       (*birth).rlimit,
	plan.OpScheduler:    func(_ *birth, s *plan.Step) error { return orNil(sys.SchedSetAttr([]byte(s.Data))) },
	plan.OpIOPriority:   (*birth).ioPriority,
	plan.OpAffinity:     func(_ *birth, s *plan.Step) error { return orNil(sys.Affinity(0, []byte(s.Data))) },
	plan.OpPersonality:  (*birth).personality,
	plan.OpUmask:        func(_ *birth, s *plan.Step) error { unix.Umask(int(s.Mode)); return nil },
	plan.OpSetsid:       (*birth).setsid,
	plan.OpLabel:        (*birth).label,
	plan.OpBound:        (*birth).bound,
	plan.OpUser:         (*birth).user,
	plan.OpCapabilities: (*birth).capabilities,
	plan.OpNoNewPrivs: func(*birth, *plan.Step) error {
		return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	},
	plan.OpSeccomp: (*birth).seccomp,
	plan.OpChdir:   (*birth).chdir,
	plan.OpReady:   (*birth).ready,
	plan.OpExec:    (*birth).exec,
	plan.OpClock:   (*birth).trace,
}

// orNil keeps a zero errno from becoming an error.
func orNil(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// keyring: a kernel without keys has nothing to share, and so nothing to part.
func (b *birth) keyring(s *plan.Step) error {
	_, err := unix.KeyctlJoinSessionKeyring(s.Path)
	if err == unix.ENOSYS {
		return nil
	}
	return err
}

func (b *birth) sync(*plan.Step) error {
	if err := sys.Send(b.sock, []byte{SaySync}, nil); err != nil {
		return err
	}
	_, _, err := sys.Receive(b.sock)
	return err
}

// procfs is a proc filesystem of our own that nobody else can see or cover
// (CVE-2025-52881, CVE-2019-16884).
func (b *birth) procfs() (int, error) {
	if b.proc >= 0 {
		return b.proc, nil
	}
	fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, err
	}
	b.proc, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	return b.proc, err
}

func (b *birth) writeProc(name, data string) error {
	proc, err := b.procfs()
	if err != nil {
		return err
	}
	fd, err := path.Open(proc, name, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(data))
	return err
}

func (b *birth) sysctl(s *plan.Step) error { return b.writeProc("sys/"+s.Path, s.Data) }

func (b *birth) label(s *plan.Step) error { return b.writeProc("thread-self/attr/"+s.Path, s.Data) }

func (b *birth) rlimit(s *plan.Step) error {
	if len(s.Nums) != 3 {
		return syscall.EINVAL
	}
	return unix.Prlimit(0, int(s.Nums[0]), &unix.Rlimit{Cur: s.Nums[1], Max: s.Nums[2]}, nil)
}

func (b *birth) ioPriority(s *plan.Step) error {
	_, _, e := syscall.RawSyscall(unix.SYS_IOPRIO_SET, 1, 0, uintptr(s.Flags))
	return orNil(e)
}

func (b *birth) personality(s *plan.Step) error {
	_, _, e := syscall.RawSyscall(unix.SYS_PERSONALITY, uintptr(s.Flags), 0, 0)
	return orNil(e)
}

func (b *birth) setsid(s *plan.Step) error {
	if _, err := unix.Setsid(); err != nil && err != unix.EPERM {
		return err
	}
	if b.slave < 0 {
		return nil
	}
	if err := unix.IoctlSetInt(b.slave, unix.TIOCSCTTY, 0); err != nil {
		return err
	}
	for fd := range 3 {
		if err := unix.Dup3(b.slave, fd, 0); err != nil {
			return err
		}
	}
	return nil
}

func (b *birth) bound(s *plan.Step) error {
	for c := uintptr(0); c < 64; c++ {
		if s.Nums[0]&(1<<c) != 0 {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if err == unix.EINVAL {
			return nil // past the last capability of this kernel
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// user changes groups before the group, and the group before the user: each
// needs what the next one gives up. Permitted capabilities stay until
// OpCapabilities.
func (b *birth) user(s *plan.Step) error {
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return err
	}
	if s.Flags&1 == 0 {
		groups := make([]uint32, len(s.Nums))
		for i, g := range s.Nums {
			groups[i] = uint32(g)
		}
		if e := sys.SetGroups(groups); e != 0 {
			b.note = "setgroups"
			return e
		}
	}
	gid, uid := uintptr(s.GID), uintptr(s.UID)
	if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESGID, gid, gid, gid); e != 0 {
		b.note = "setresgid"
		return e
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, uid, uid, uid); e != 0 {
		b.note = "setresuid"
		return e
	}
	return unix.Prctl(unix.PR_SET_KEEPCAPS, 0, 0, 0, 0)
}

// capabilities: Nums are effective, permitted, inheritable, ambient.
func (b *birth) capabilities(s *plan.Step) error {
	if err := sys.CapSet(s.Nums[0], s.Nums[1], s.Nums[2]); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	for c := uintptr(0); c < 64; c++ {
		if s.Nums[3]&(1<<c) == 0 {
			continue
		}
		if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

func (b *birth) seccomp(s *plan.Step) error {
	if len(s.Data) < 8 {
		return syscall.EINVAL
	}
	listener, e := sys.Seccomp([]byte(s.Data), uint(s.Flags))
	if e != 0 || s.FD == 0 {
		return orNil(e)
	}
	defer unix.Close(listener)
	to, err := b.file(s)
	if err != nil {
		return err
	}
	return unix.Sendmsg(to, []byte(s.Path), unix.UnixRights(listener), nil, unix.MSG_NOSIGNAL)
}

// chdir goes to the working directory and makes sure that it lies inside: a
// descriptor of the host must not be a way out (CVE-2024-21626).
func (b *birth) chdir(s *plan.Step) error {
	err := unix.Chdir(s.Path)
	if err == unix.ENOENT && s.Mode != 0 {
		root, rerr := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if rerr != nil {
			return rerr
		}
		defer unix.Close(root)
		fd, merr := path.MkdirAll(root, s.Path, s.Mode)
		if merr != nil {
			return merr
		}
		defer unix.Close(fd)
		err = unix.Fchdir(fd)
	}
	if err != nil {
		return err
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Getcwd(buf)
	if err != nil || n < 1 || buf[0] != '/' {
		return b.escape(s.Path) // "(unreachable)…"
	}
	return nil
}
