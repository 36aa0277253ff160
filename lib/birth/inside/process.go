package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Everything here is set on the calling thread alone: it is the one that execs.

//house:table
var processSteps = [64]func(*birth, *plan.Step) bare.Errno{
	plan.OpKeyring:      (*birth).keyring,
	plan.OpUnshare:      func(_ *birth, s *plan.Step) bare.Errno { return bare.Unshare(s.Flags) },
	plan.OpHook:         (*birth).hook,
	plan.OpSync:         (*birth).sync,
	plan.OpSysctl:       (*birth).sysctl,
	plan.OpHostname:     func(_ *birth, s *plan.Step) bare.Errno { return bare.Hostname(s.Data) },
	plan.OpDomainname:   func(_ *birth, s *plan.Step) bare.Errno { return bare.Domainname(s.Data) },
	plan.OpLoopback:     func(*birth, *plan.Step) bare.Errno { return bare.Loopback() },
	plan.OpRlimit:       (*birth).rlimit,
	plan.OpScheduler:    func(_ *birth, s *plan.Step) bare.Errno { return bare.SchedSetAttr(s.Data) },
	plan.OpIOPriority:   func(_ *birth, s *plan.Step) bare.Errno { return bare.IOPriority(s.Flags) },
	plan.OpAffinity:     func(_ *birth, s *plan.Step) bare.Errno { return bare.Affinity(s.Data) },
	plan.OpPersonality:  func(_ *birth, s *plan.Step) bare.Errno { return bare.Personality(s.Flags) },
	plan.OpUmask:        func(_ *birth, s *plan.Step) bare.Errno { bare.Umask(s.Mode); return 0 },
	plan.OpSetsid:       (*birth).setsid,
	plan.OpLabel:        (*birth).label,
	plan.OpBound:        (*birth).bound,
	plan.OpUser:         (*birth).user,
	plan.OpCapabilities: (*birth).capabilities,
	plan.OpNoNewPrivs:   func(*birth, *plan.Step) bare.Errno { return bare.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0) },
	plan.OpSeccomp:      (*birth).seccomp,
	plan.OpChdir:        (*birth).chdir,
	plan.OpReady:        (*birth).ready,
	plan.OpExec:         (*birth).exec,
	plan.OpClock:        (*birth).trace,
	plan.OpRuleset:      (*birth).ruleset,
	plan.OpRule:         (*birth).rule,
	plan.OpRestrict:     (*birth).restrict,
	plan.OpTime:         (*birth).time,
	plan.OpTied:         func(_ *birth, s *plan.Step) bare.Errno { return bare.Prctl(unix.PR_SET_PDEATHSIG, uintptr(s.Flags), 0) },
	plan.OpGroup:        (*birth).group,
	plan.OpMemory:       func(_ *birth, s *plan.Step) bare.Errno { return bare.MemoryPolicy(s.Flags, s.Nums) },
}

// keyring: a kernel without keys has nothing to share, and so nothing to part.
func (b *birth) keyring(s *plan.Step) bare.Errno {
	e := bare.Keyring(s.Path)
	if e == syscall.ENOSYS {
		return 0
	}
	return e
}

// procfs is a proc filesystem of our own that nobody else can see or cover
// (CVE-2025-52881, CVE-2019-16884).
func (b *birth) procfs() (int, bare.Errno) {
	if b.proc >= 0 {
		return b.proc, 0
	}
	fs, e := bare.Fsopen("proc")
	if e != 0 {
		return -1, e
	}
	defer bare.Close(fs)
	if e = bare.FsCreate(fs); e == 0 {
		b.proc, e = bare.Fsmount(fs, 0)
	}
	if e != syscall.EPERM {
		return b.proc, e
	}
	// A user namespace whose proc is masked gets none that is not.
	return b.foundProc()
}

// foundProc is the one at /proc, if it is proc's root. What may be mounted over
// its files is not followed.
func (b *birth) foundProc() (int, bare.Errno) {
	fd, e := bare.Open(bare.AtCwd, "/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if e != 0 {
		return -1, e
	}
	var fs unix.Statfs_t
	var st unix.Stat_t
	if e = bare.Fstatfs(fd, &fs); e == 0 {
		e = bare.Fstat(fd, &st)
	}
	if e == 0 && (fs.Type != unix.PROC_SUPER_MAGIC || st.Ino != 1) {
		e = b.escape("/proc")
	}
	if e != 0 {
		bare.Close(fd)
		return -1, e
	}
	b.proc = fd
	return fd, 0
}

// time: the offsets can be set until a process is in the namespace
// (time_namespaces(7)), so it is made beside, and entered by hand. clone3 would
// have its child in it at once. One that is there is joined here, too: the
// process that joins the others shares its parent's memory.
func (b *birth) time(s *plan.Step) bare.Errno {
	if s.FD != 0 {
		fd, e := b.file(s)
		if e != 0 {
			return e
		}
		return bare.Setns(fd, unix.CLONE_NEWTIME)
	}
	if e := bare.Unshare(unix.CLONE_NEWTIME); e != 0 {
		return e
	}
	offsets := plan.Step{Path: "timens_offsets", Data: s.Data}
	if e := b.writeProc("self", &offsets); e != 0 {
		return e
	}
	dir, e := bare.OpenHere(b.proc, "self/ns", unix.O_PATH|unix.O_DIRECTORY)
	if e != 0 {
		return e
	}
	defer bare.Close(dir)
	fd, e := bare.Open(dir, "time_for_children", unix.O_RDONLY, 0)
	if e != 0 {
		return e
	}
	defer bare.Close(fd)
	return bare.Setns(fd, unix.CLONE_NEWTIME)
}

// writeProc writes Data to Path below a directory of proc.
func (b *birth) writeProc(dir string, s *plan.Step) bare.Errno {
	proc, e := b.procfs()
	if e != 0 {
		return e
	}
	at, e := bare.OpenHere(proc, dir, unix.O_PATH|unix.O_DIRECTORY)
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	fd, e := bare.OpenHere(at, s.Path, unix.O_WRONLY)
	if e != 0 {
		return e
	}
	defer bare.Close(fd)
	_, e = bare.Write(fd, s.Data)
	return e
}

// group: a thread that names itself is moved without waiting for all others to
// stop forking (Linux 5.6), which takes a grace period of the kernel's, several
// milliseconds, when another process names it.
func (b *birth) group(s *plan.Step) bare.Errno {
	fd, e := b.file(s)
	if e != 0 {
		return e
	}
	_, e = bare.Write(fd, "0")
	bare.Close(fd) // nobody inside is to find it
	b.files[s.FD-1] = -1
	return e
}

func (b *birth) sysctl(s *plan.Step) bare.Errno { return b.writeProc("sys", s) }

func (b *birth) label(s *plan.Step) bare.Errno { return b.writeProc("thread-self/attr", s) }

func (b *birth) rlimit(s *plan.Step) bare.Errno {
	if len(s.Nums) != 3 {
		return syscall.EINVAL
	}
	return bare.Rlimit(int(s.Nums[0]), &unix.Rlimit{Cur: s.Nums[1], Max: s.Nums[2]})
}

func (b *birth) setsid(s *plan.Step) bare.Errno {
	if e := bare.Setsid(); e != 0 && e != syscall.EPERM {
		return e
	}
	if b.slave < 0 {
		return 0
	}
	if _, e := bare.Ioctl(b.slave, unix.TIOCSCTTY, 0); e != 0 {
		return e
	}
	for fd := range 3 {
		if e := bare.Dup3(b.slave, fd, 0); e != 0 {
			return e
		}
	}
	return 0
}

func (b *birth) bound(s *plan.Step) bare.Errno {
	for c := uintptr(0); c < 64; c++ {
		if s.Nums[0]&(1<<c) != 0 {
			continue
		}
		e := bare.Prctl(unix.PR_CAPBSET_DROP, c, 0)
		if e == syscall.EINVAL {
			return 0 // past the last capability of this kernel
		}
		if e != 0 {
			return e
		}
	}
	return 0
}

// user changes groups before the group, and the group before the user: each
// needs what the next one gives up. Permitted capabilities stay until
// OpCapabilities.
func (b *birth) user(s *plan.Step) bare.Errno {
	if e := bare.Prctl(unix.PR_SET_KEEPCAPS, 1, 0); e != 0 {
		return e
	}
	if s.Flags&1 == 0 {
		e := groups(s.Nums)
		// A user namespace in which a rootless engine calls us may deny it
		// (user_namespaces(7)); whoever made that has kept the groups there are.
		denied := e == syscall.EPERM && bare.May(unix.CAP_SETGID)
		if e != 0 && (!denied || len(s.Nums) > 0) {
			b.note = "setgroups"
			return e
		}
	}
	if e := bare.Group(s.GID); e != 0 {
		b.note = "setresgid"
		return e
	}
	if e := bare.User(s.UID); e != 0 {
		b.note = "setresuid"
		return e
	}
	return bare.Prctl(unix.PR_SET_KEEPCAPS, 0, 0)
}

// groups packs the numbers in place: the kernel's are half as long.
func groups(nums []uint64) bare.Errno {
	const most = 65536 // NGROUPS_MAX
	if len(nums) > most {
		return syscall.EINVAL
	}
	return bare.Groups(bare.Halves(nums))
}

// capabilities: Nums are effective, permitted, inheritable, ambient.
func (b *birth) capabilities(s *plan.Step) bare.Errno {
	if e := bare.Capabilities(s.Nums[0], s.Nums[1], s.Nums[2]); e != 0 {
		return e
	}
	if e := bare.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0); e != 0 {
		return e
	}
	for c := uintptr(0); c < 64; c++ {
		if s.Nums[3]&(1<<c) == 0 {
			continue
		}
		if e := bare.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c); e != 0 {
			return e
		}
	}
	return 0
}

func (b *birth) seccomp(s *plan.Step) bare.Errno {
	if len(s.Data) < 8 {
		return syscall.EINVAL
	}
	if last := len(b.steps) - 1; b.late() && s == &b.steps[last-1] {
		if e := b.prepare(&b.steps[last]); e != 0 {
			return e
		}
	}
	listener, e := bare.Seccomp(s.Data, s.Flags)
	if e != 0 || s.FD == 0 {
		return e
	}
	defer bare.Close(listener)
	to, e := b.file(s)
	if e != 0 {
		return e
	}
	return bare.SendFile(to, s.Path, listener)
}

// chdir goes to the working directory and makes sure that it lies inside: a
// descriptor of the host must not be a way out (CVE-2024-21626).
func (b *birth) chdir(s *plan.Step) bare.Errno {
	e := bare.Chdir(s.Path)
	if e == syscall.ENOENT && s.Mode != 0 {
		root, re := bare.Open(bare.AtCwd, "/", unix.O_PATH|unix.O_DIRECTORY, 0)
		if re != 0 {
			return re
		}
		defer bare.Close(root)
		fd, me := bare.MkdirIn(root, s.Path, s.Mode)
		if me != 0 {
			return me
		}
		defer bare.Close(fd)
		e = bare.Fchdir(fd)
	}
	if e != 0 {
		return e
	}
	var buf [unix.PathMax]byte
	n, e := bare.Getcwd(buf[:])
	if e != 0 || n < 1 || buf[0] != '/' {
		return b.escape(s.Path) // "(unreachable)…"
	}
	return 0
}
