// Package sys is the kernel as golang.org/x/sys does not have it: making a
// process in namespaces, messages with descriptors, and a few raw calls. All
// unsafe code of the project is in files of this kind, named *_unsafe.go.
package sys

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Join is a namespace to enter: an open descriptor of it (/proc/PID/ns/NAME
// or a pidfd) and its CLONE_NEW flags.
type Join struct {
	FD    int
	Flags int
}

// A Spawn says how to make a process.
type Spawn struct {
	Exe     int      // open program; it needs no read permission (O_PATH)
	Args    []string // argv
	Env     []string
	Files   []int  // the child's descriptors 0, 1, 2 …
	New     uint64 // CLONE_NEW flags of namespaces to create
	Join    []Join // namespaces to enter first, a user namespace foremost
	Cgroup  int    // directory of a cgroup2 group to be born in; -1 is the caller's
	UIDMap  []syscall.SysProcIDMap
	GIDMap  []syscall.SysProcIDMap
	Groups  bool // leave setgroups(2) allowed in the new user namespace
	RootUID bool // become user and group 0 of the user namespace
}

// Start makes the process and returns its PID in the caller's PID namespace
// and a pidfd, which the caller owns. See clone(2), setns(2).
func (s *Spawn) Start() (pid, pidfd int, err error) {
	if len(s.Join) > 0 {
		return s.startJoined()
	}
	files := make([]uintptr, len(s.Files))
	for i, fd := range s.Files {
		files[i] = uintptr(fd)
	}
	attr := &syscall.SysProcAttr{
		Cloneflags:                 uintptr(s.New),
		PidFD:                      &pidfd,
		UidMappings:                s.UIDMap,
		GidMappings:                s.GIDMap,
		GidMappingsEnableSetgroups: s.Groups,
	}
	if s.Cgroup >= 0 {
		attr.UseCgroupFD, attr.CgroupFD = true, s.Cgroup
	}
	if s.RootUID {
		attr.Credential = &syscall.Credential{NoSetGroups: true}
	}
	// PlainSlack would hold the thread, for which the runtime makes a further one
	// in each birth. To be moved in between takes a preemption, after 10 ms of work.
	restoreSlack()
	pidfd = -1
	pid, err = syscall.ForkExec("/proc/self/fd/"+strconv.Itoa(s.Exe), s.Args, &syscall.ProcAttr{Env: s.Env, Files: files, Sys: attr})
	return pid, pidfd, err
}

// Gone waits for the end of a process, a child or not, and leaves its status to
// its parent. Who may have been replaced by another of that number is to be
// looked at before.
func Gone(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
}

// Poll waits until one of the descriptors is readable, hung up or broken, at
// most timeout milliseconds (-1 is for ever); the events are in fds.
func Poll(fds []unix.PollFd, timeout int) error {
	for {
		_, err := unix.Poll(fds, timeout)
		if err != unix.EINTR {
			return err
		}
	}
}
