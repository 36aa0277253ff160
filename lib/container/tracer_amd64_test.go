package container_test

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A tracee is one thread under the tracer.
type tracee struct {
	pid     int // of its process
	child   bool
	refused bool // its call was not made, and is about to return
}

// An act is what becomes of a system call.
type act int

const (
	pass   act = iota
	kill       // the process, or gt-oci if parent is set, before the call is made
	refuse     // the call returns EIO without being made
)

// A tracer runs a program and stops it at each of its system calls, those of
// gt-init too if it follows. Nothing in the program knows of it, so every point
// of its life can be tried without a line of code for that.
type tracer struct {
	follow bool
	// at is asked at the entry of each system call, where child is the main
	// thread of gt-init, until it has acted.
	at      func(child bool, r *unix.PtraceRegs) act
	parent  bool
	main    int
	threads map[int]*tracee
	acted   bool
}

// run returns when the program has ended, and what it said. The thread that
// traces ends too, which sets free what is still being traced.
func (tr *tracer) run(t *testing.T, args []string) (status unix.WaitStatus, said string) {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "said")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		var err error
		status, err = tr.loop(args, log)
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(log.Name())
	if err != nil {
		t.Fatal(err)
	}
	return status, string(b)
}

func (tr *tracer) loop(args []string, log *os.File) (unix.WaitStatus, error) {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	p, err := os.StartProcess(args[0], args, &os.ProcAttr{Files: []*os.File{null, log, log}, Env: os.Environ(), Sys: &unix.SysProcAttr{Ptrace: true}})
	if err != nil {
		return 0, err
	}
	tr.main = p.Pid
	tr.threads = map[int]*tracee{p.Pid: {pid: p.Pid}}
	var ws unix.WaitStatus
	if _, err := unix.Wait4(p.Pid, &ws, unix.WALL, nil); err != nil {
		return 0, err
	}
	options := unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE
	if tr.follow {
		options |= unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEFORK
	}
	if err := unix.PtraceSetOptions(p.Pid, options); err != nil {
		return 0, err
	}
	if err := unix.PtraceSyscall(p.Pid, 0); err != nil {
		return 0, err
	}
	for {
		tid, err := unix.Wait4(-1, &ws, unix.WALL|unix.WNOTHREAD, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, err
		}
		if !ws.Stopped() {
			delete(tr.threads, tid)
			if tid == tr.main {
				return ws, nil
			}
			continue
		}
		// ESRCH: killed meanwhile, and its end is still to be told.
		if err := unix.PtraceSyscall(tid, tr.stopped(tid, ws)); err != nil && err != unix.ESRCH {
			return 0, err
		}
	}
}

// stopped looks at a thread that stands still; what it returns is the signal to
// go on with.
func (tr *tracer) stopped(tid int, ws unix.WaitStatus) int {
	th := tr.threads[tid]
	if th == nil { // its first stop may come before its parent's event
		th = &tracee{pid: tid}
		tr.threads[tid] = th
	}
	switch sig := ws.StopSignal(); {
	case ws.TrapCause() > 0:
		tr.born(tid, th, ws.TrapCause())
		return 0
	case sig == unix.SIGTRAP|0x80:
		tr.call(tid, th)
		return 0
	case sig == unix.SIGSTOP || sig == unix.SIGTRAP:
		return 0
	default:
		return int(sig)
	}
}

// born tells a new thread from a new process.
func (tr *tracer) born(tid int, th *tracee, cause int) {
	id, err := unix.PtraceGetEventMsg(tid)
	if err != nil || id == 0 {
		return
	}
	switch cause {
	case unix.PTRACE_EVENT_CLONE:
		tr.threads[int(id)] = &tracee{pid: th.pid, child: th.child}
	case unix.PTRACE_EVENT_VFORK, unix.PTRACE_EVENT_FORK:
		tr.threads[int(id)] = &tracee{pid: int(id), child: true}
	}
}

func (tr *tracer) call(tid int, th *tracee) {
	var r unix.PtraceRegs
	if unix.PtraceGetRegs(tid, &r) != nil {
		return // killed meanwhile
	}
	if th.refused {
		th.refused, r.Rax = false, ^uint64(unix.EIO)+1
		_ = unix.PtraceSetRegs(tid, &r)
		return
	}
	if tr.acted || int64(r.Rax) != -int64(unix.ENOSYS) {
		return // at the end of the call
	}
	switch tr.at(th.child && tid == th.pid, &r) {
	case kill:
		tr.acted = true
		pid := th.pid
		if tr.parent {
			pid = tr.main
		}
		_ = unix.Kill(pid, unix.SIGKILL)
	case refuse:
		tr.acted, th.refused = true, true
		r.Orig_rax = ^uint64(0) // no such call
		_ = unix.PtraceSetRegs(tid, &r)
	}
}
