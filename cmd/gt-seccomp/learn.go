package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// always are what every container's program needs that may not have come up
// while it was watched: gt-init's last step, and what the kernel makes of a
// signal.
var always = []string{"execve", "exit_group", "restart_syscall", "rt_sigreturn"}

func learn(o *tool.Options) func(*tool.Call) error {
	output, also := "", ""
	o.String(&output, "output", 'o', "FILE", "write the profile to FILE")
	o.String(&also, "also", 0, "FILE", "a profile whose allowed calls are taken in too, as one of an earlier run")
	return func(c *tool.Call) error {
		if output == "" {
			return fail.Usage("--output: have nothing, need FILE: stdout is the program's")
		}
		names, archs := map[string]bool{}, map[specs.Arch]bool{}
		if also != "" {
			if err := takeIn(also, names, archs); err != nil {
				return err
			}
		}
		out, err := os.OpenFile(output+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644) // before a long run
		if err != nil {
			return err
		}
		defer out.Close()
		w, err := watch(c.Args)
		var b []byte
		if err == nil {
			w.resolve(c, names, archs)
			b, err = smallest(names, archs)
		}
		if err == nil {
			_, err = out.Write(b)
		}
		if err == nil {
			err = os.Rename(output+".tmp", output)
		}
		if err != nil {
			return errors.Join(err, os.Remove(output+".tmp"))
		}
		if w.code != 0 {
			return tool.ExitStatus(w.code)
		}
		return nil
	}
}

// takeIn adds what an earlier profile allows without conditions.
func takeIn(file string, names map[string]bool, archs map[specs.Arch]bool) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s, err := decode(b, hostTarget())
	if err != nil {
		return err
	}
	for _, r := range s.Syscalls {
		if r.Action != specs.ActAllow || len(r.Args) > 0 {
			return fail.New(fail.CodeInput, "%s: has rules that learn does not write, need a profile of learn", file)
		}
		for _, n := range r.Names {
			names[n] = true
		}
	}
	for _, a := range s.Architectures {
		archs[a] = true
	}
	return nil
}

// A watched program: the calls it made, and how it ended.
type watched struct {
	seen map[uint64]bool // audit architecture << 32 | number
	code int
}

func (w *watched) resolve(c *tool.Call, names map[string]bool, archs map[specs.Arch]bool) {
	for key := range w.seen {
		audit, nr := uint32(key>>32), uint32(key)
		name, arch := nameOf(audit, nr)
		if name == "" {
			c.Warnf("call %d of architecture %#x has no name, it is left out", nr, audit)
			continue
		}
		names[name], archs[arch] = true, true
	}
	for _, n := range always {
		names[n] = true
	}
	archs[seccomp.Native()] = true
}

// smallest is the profile that allows these calls and no other.
func smallest(names map[string]bool, archs map[specs.Arch]bool) ([]byte, error) {
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
	r := specs.LinuxSyscall{Action: specs.ActAllow}
	for n := range names {
		r.Names = append(r.Names, n)
	}
	sort.Strings(r.Names)
	for a := range archs {
		s.Architectures = append(s.Architectures, a)
	}
	slices.Sort(s.Architectures)
	s.Syscalls = []specs.LinuxSyscall{r}
	return indented(s)
}

// watch runs a program whose every system call waits for our word, which is
// always "go on" (seccomp_unotify(2)); that needs no_new_privs and no right.
//
// The filter is on one thread, which starts the program and so gives it on; a
// second one answers. While the first waits for an answer it may hold what Go's
// runtime needs to stop the world, so nothing may ask for that: no collection,
// and a processor for each.
func watch(args []string) (*watched, error) {
	path, err := lookPath(args[0])
	if err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(-1)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)

	s := &supervisor{seen: make(map[uint64]bool, 512)}
	s.listener.Store(-1)
	answered := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		answered <- s.answer()
	}()
	type started struct {
		pid int
		err error
	}
	begun := make(chan started, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this function
		pid, err := s.start(path, args)
		begun <- started{pid, err}
	}()
	b := <-begun
	if b.err != nil {
		s.listener.CompareAndSwap(-1, -2) // nothing to answer
		<-answered
		return nil, b.err
	}
	go func() {
		for sig := range signals { // a terminal's signals have reached the program by themselves
			if n, ok := sig.(syscall.Signal); ok && (n == unix.SIGTERM || n == unix.SIGHUP) {
				_ = unix.Kill(b.pid, n)
			}
		}
	}()
	var ws unix.WaitStatus
	for {
		if _, err = unix.Wait4(b.pid, &ws, 0, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if err := <-answered; err != nil {
		return nil, err
	}
	w := &watched{seen: s.seen, code: ws.ExitStatus()}
	if ws.Signaled() {
		w.code = 128 + int(ws.Signal())
	}
	return w, nil
}

// A supervisor answers for the calls of everything that has the filter.
type supervisor struct {
	listener atomic.Int64 // -1 until there is one, -2 if there will be none
	own      atomic.Int64 // the thread that starts the program
	child    int64        // the program's process, once it has asked for something
	begun    bool         // it is the program, and no longer a copy of us
	seen     map[uint64]bool
}

func (s *supervisor) start(path string, args []string) (int, error) {
	s.own.Store(int64(unix.Gettid()))
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, os.NewSyscallError("prctl", err)
	}
	fd, err := watchThread()
	if err != nil {
		return 0, fail.New(fail.CodeKernel, "watch system calls: need Linux 5.9 and a process that nobody watches: %w", err)
	}
	// From here on each system call of this thread waits for the answer.
	s.listener.Store(int64(fd))
	pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 0, &fail.Error{Op: "execute " + path, Cause: err}
	}
	return pid, nil
}

// answer lets every call go on until nobody is left who has the filter. It asks
// for the listener again and again: whoever would wake it may already wait for
// its answer.
func (s *supervisor) answer() error {
	fd := s.listener.Load()
	for ; fd == -1; fd = s.listener.Load() {
		runtime.Gosched()
	}
	if fd < 0 {
		return nil
	}
	defer unix.Close(int(fd))
	for {
		more, err := await(int(fd))
		if err != nil || !more {
			return err
		}
		pid, audit, nr, ok, err := letGo(int(fd))
		if err != nil {
			return err
		}
		if ok {
			s.note(int64(pid), audit, nr)
		}
	}
}

// note keeps a call, but for ours: those of the thread that starts the program,
// and of its copy up to the execve that becomes the program.
func (s *supervisor) note(pid int64, audit, nr uint32) {
	if pid == s.own.Load() {
		return
	}
	if s.child == 0 {
		s.child = pid
	}
	if !s.begun {
		s.begun = pid == s.child && nr == unix.SYS_EXECVE
		return
	}
	s.seen[uint64(audit)<<32|uint64(nr)] = true
}

func lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range strings.Split(os.Getenv("PATH"), ":") {
		if path := dir + "/" + name; dir != "" && unix.Access(path, unix.X_OK) == nil {
			return path, nil
		}
	}
	return "", fail.New(fail.CodeExecNoSuch, "execute %s: %w", name, fmt.Errorf("executable file not found in $PATH"))
}
