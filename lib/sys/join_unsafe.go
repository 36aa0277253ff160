package sys

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The runtime's hooks around a fork, kept linkable for programs that fork by
// themselves.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

// rawVfork is a system call whose child shares this memory and stack.
//
//go:noescape
func rawVfork(trap, a1, a2, a3 uintptr) (r1, errno uintptr)

// cloneArgs is struct clone_args of clone3(2).
type cloneArgs struct {
	flags, pidFD, childTID, parentTID, exitSignal, stack, stackSize, tls uint64
	setTID, setTIDSize, cgroup                                           uint64
}

// joined is what the two children share with the parent: everything they need
// is here, since they may not allocate.
type joined struct {
	empty     *byte
	exe       int
	argv      **byte
	envv      **byte
	files     []int
	join      []Join
	late      int // the cgroup namespace, which the second child enters; -1 for none
	rootUID   bool
	first     cloneArgs
	second    cloneArgs
	pid       uintptr // written by the first child
	errno     uintptr // written by either child
	spareBase int     // descriptors above all of files
}

// startJoined makes a process in existing namespaces: a first child, sharing
// memory as vfork does, enters them one by one; a second one, a sibling by
// CLONE_PARENT so that it becomes the caller's child, is born inside the PID
// namespace and executes the program. A multi-threaded process cannot enter a
// user namespace (setns(2), EINVAL); the first child has one thread.
func (s *Spawn) startJoined() (pid, pidfd int, err error) {
	j, err := s.joinedArgs()
	if err != nil {
		return -1, -1, err
	}
	// The children share this memory, so nothing of the container may trace
	// them through it (CVE-2016-9962).
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return -1, -1, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	restoreSlack()
	syscall.ForkLock.Lock()
	first, errno := forkJoined(j)
	syscall.ForkLock.Unlock()
	if errno != 0 {
		return -1, -1, syscall.Errno(errno)
	}
	var ws syscall.WaitStatus
	for {
		if _, err = syscall.Wait4(int(first), &ws, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if j.errno != 0 {
		if j.pid != 0 {
			_, _ = syscall.Wait4(int(j.pid), &ws, 0, nil)
		}
		return -1, -1, syscall.Errno(j.errno)
	}
	if pidfd, err = unix.PidfdOpen(int(j.pid), 0); err != nil {
		_ = syscall.Kill(int(j.pid), syscall.SIGKILL) // ours, and not waited for: no other has the number
		_, _ = syscall.Wait4(int(j.pid), &ws, 0, nil)
		return -1, -1, err
	}
	return int(j.pid), pidfd, nil
}

func (s *Spawn) joinedArgs() (*joined, error) {
	empty, err := syscall.BytePtrFromString("")
	if err != nil {
		return nil, err
	}
	argv, err := syscall.SlicePtrFromStrings(s.Args)
	if err != nil {
		return nil, err
	}
	envv, err := syscall.SlicePtrFromStrings(s.Env)
	if err != nil {
		return nil, err
	}
	j := &joined{
		empty: empty, exe: s.Exe, argv: &argv[0], envv: &envv[0],
		files: append([]int(nil), s.Files...), join: s.Join, rootUID: s.RootUID, late: -1,
	}
	for _, fd := range s.Files {
		j.spareBase = max(j.spareBase, fd+1)
	}
	j.spareBase = max(j.spareBase, len(s.Files)+3) // above the program, the cgroup and its namespace, too
	j.first = cloneArgs{flags: unix.CLONE_VM | unix.CLONE_VFORK, exitSignal: uint64(unix.SIGCHLD)}
	j.second = cloneArgs{flags: unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_PARENT | s.New}
	if s.Cgroup >= 0 {
		j.second.flags |= unix.CLONE_INTO_CGROUP
		j.second.cgroup = uint64(s.Cgroup)
		// From within a cgroup namespace the group cannot be entered from
		// without (cgroups(7), "nsdelegate", ENOENT), so the group comes first.
		for i := range s.Join {
			if s.Join[i].Flags == unix.CLONE_NEWCGROUP {
				j.late = s.Join[i].FD
			}
		}
	}
	return j, nil
}

// forkJoined runs the first child to its end. Nothing in it or below may grow
// the stack or allocate while a child runs.
//
//go:noinline
//go:norace
//go:nosplit
func forkJoined(j *joined) (pid, errno uintptr) {
	beforeFork()
	pid, errno = rawVfork(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&j.first)), unsafe.Sizeof(j.first), 0)
	if errno != 0 || pid != 0 {
		afterFork()
		return pid, errno
	}
	afterForkInChild()
	firstChild(j)
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 1, 0, 0)
	}
}

//go:noinline
//go:norace
//go:nosplit
func firstChild(j *joined) {
	for i := range j.join {
		if j.join[i].FD == j.late {
			continue
		}
		_, _, e := syscall.RawSyscall(unix.SYS_SETNS, uintptr(j.join[i].FD), uintptr(j.join[i].Flags), 0)
		if e != 0 {
			j.errno = uintptr(e)
			return
		}
	}
	if e := keepFiles(j); e != 0 {
		j.errno = uintptr(e)
		return
	}
	pid, e := rawVfork(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&j.second)), unsafe.Sizeof(j.second), 0)
	if e != 0 {
		j.errno = e
		return
	}
	if pid == 0 {
		secondChild(j)
		for {
			syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 1, 0, 0)
		}
	}
	j.pid = pid
}

// keepFiles leaves this child, which the container does not see yet, the
// descriptors that the next one needs, and none of the others: those are the
// host's, and a container that may trace would find them (CVE-2016-9962). The
// files come to 0, 1, 2 …, the program behind them, the cgroup and its namespace last.
//
//go:noinline
//go:norace
//go:nosplit
func keepFiles(j *joined) syscall.Errno {
	exe, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(j.exe), unix.F_DUPFD_CLOEXEC, uintptr(j.spareBase))
	if e != 0 {
		return e
	}
	group := uintptr(0)
	if j.second.flags&unix.CLONE_INTO_CGROUP != 0 {
		group, _, e = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(j.second.cgroup), unix.F_DUPFD_CLOEXEC, uintptr(j.spareBase))
		if e != 0 {
			return e
		}
	}
	late := uintptr(0)
	if j.late >= 0 {
		late, _, e = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(j.late), unix.F_DUPFD_CLOEXEC, uintptr(j.spareBase))
		if e != 0 {
			return e
		}
	}
	// Two passes, so that no source is overwritten before it is copied.
	for i := range j.files {
		fd, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(j.files[i]), unix.F_DUPFD_CLOEXEC, uintptr(j.spareBase))
		if e != 0 {
			return e
		}
		j.files[i] = int(fd)
	}
	n := uintptr(len(j.files))
	for i := range j.files {
		if _, _, e := syscall.RawSyscall(unix.SYS_DUP3, uintptr(j.files[i]), uintptr(i), 0); e != 0 {
			return e
		}
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_DUP3, exe, n, unix.O_CLOEXEC); e != 0 {
		return e
	}
	n++
	if group != 0 {
		if _, _, e := syscall.RawSyscall(unix.SYS_DUP3, group, n, unix.O_CLOEXEC); e != 0 {
			return e
		}
		j.second.cgroup = uint64(n)
		n++
	}
	if late != 0 {
		if _, _, e := syscall.RawSyscall(unix.SYS_DUP3, late, n, unix.O_CLOEXEC); e != 0 {
			return e
		}
		n++
	}
	_, _, e = syscall.RawSyscall(unix.SYS_CLOSE_RANGE, n, 0x7fffffff, 0)
	return e
}

//go:noinline
//go:norace
//go:nosplit
func secondChild(j *joined) {
	exe := uintptr(len(j.files))
	if j.second.flags&unix.CLONE_INTO_CGROUP != 0 {
		syscall.RawSyscall(syscall.SYS_CLOSE, exe+1, 0, 0)
	}
	if j.late >= 0 {
		if _, _, e := syscall.RawSyscall(unix.SYS_SETNS, exe+2, unix.CLONE_NEWCGROUP, 0); e != 0 {
			j.errno = uintptr(e)
			return
		}
		syscall.RawSyscall(syscall.SYS_CLOSE, exe+2, 0, 0)
	}
	if j.rootUID {
		_, _, e := syscall.RawSyscall(syscall.SYS_SETRESGID, 0, 0, 0)
		if e == 0 {
			_, _, e = syscall.RawSyscall(syscall.SYS_SETRESUID, 0, 0, 0)
		}
		if e != 0 {
			j.errno = uintptr(e)
			return
		}
	}
	// By descriptor: every path is the container's by now.
	_, _, e := syscall.RawSyscall6(unix.SYS_EXECVEAT, exe, uintptr(unsafe.Pointer(j.empty)),
		uintptr(unsafe.Pointer(j.argv)), uintptr(unsafe.Pointer(j.envv)), unix.AT_EMPTY_PATH, 0)
	j.errno = uintptr(e)
}
