// Package hook runs a list of hooks of the spec on the host: in order, the
// state on stdin, nothing of our own environment or descriptors, and an end to
// their time (runtime-spec config.md, "POSIX-platform Hooks").
package hook

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Options of a run.
type Options struct {
	Dir string // working directory: the bundle, never the root
	// Trace, if not nil, gets the name ("createRuntime/0") and the time of each
	// hook, of a failing one too.
	Trace func(name string, took time.Duration)
	// Failed, if not nil, gets each failure, and the hooks behind it run all
	// the same: poststop hooks must.
	Failed func(err error)
}

// Run runs the hooks of a kind ("createRuntime"). The first that fails ends it,
// with an error of code hook; a hook out of time is killed with all it started
// in its session.
func Run(kind string, hooks []specs.Hook, state []byte, o Options) error {
	for i := range hooks {
		h, name := &hooks[i], kind+"/"+strconv.Itoa(i)
		begun := time.Now()
		err := one(h, state, o)
		took := time.Since(begun)
		if o.Trace != nil {
			o.Trace(name, took)
		}
		if err == nil {
			continue
		}
		err = &fail.Error{
			Code: fail.CodeHook, Member: "/hooks/" + name, Op: "run hook " + h.Path,
			Cause: fmt.Errorf("after %s: %w", took.Round(time.Millisecond), err),
		}
		if o.Failed == nil {
			return err
		}
		o.Failed(err)
	}
	return nil
}

func one(h *specs.Hook, state []byte, o Options) error {
	in, err := memory("state", state)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := memory("output", nil)
	if err != nil {
		return err
	}
	defer out.Close()
	p, pidfd, err := begin(h, o.Dir, []*os.File{in, out, out})
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	timeout := -1
	if h.Timeout != nil {
		timeout = *h.Timeout
	}
	inTime, err := ended(pidfd, timeout)
	if !inTime {
		_ = unix.Kill(-p.Pid, unix.SIGKILL) // not waited for yet: the number is still its own
	}
	st, werr := p.Wait()
	switch {
	case err != nil:
		return err
	case werr != nil:
		return werr
	case !inTime:
		return fail.New(fail.CodeTimeout, "still running after %d s, killed%s", timeout, said(out))
	case !st.Success():
		return errors.New(how(st) + said(out))
	}
	return nil
}

// begin starts a hook as the leader of a new session, so that it can be killed
// with its children.
func begin(h *specs.Hook, dir string, files []*os.File) (*os.Process, int, error) {
	args, env := h.Args, h.Env
	if len(args) == 0 {
		args = []string{h.Path}
	}
	if env == nil {
		env = []string{} // nil would be ours
	}
	stray, err := strays()
	if err != nil {
		return nil, -1, err
	}
	// A nil file is closed in the child.
	for len(files) <= stray {
		files = append(files, nil)
	}
	pidfd := -1
	defer sys.PlainSlack()()
	p, err := os.StartProcess(h.Path, args, &os.ProcAttr{
		Dir: dir, Env: env, Files: files,
		Sys: &syscall.SysProcAttr{PidFD: &pidfd, Setsid: true},
	})
	if err != nil {
		return nil, -1, explainStart(err, dir)
	}
	return p, pidfd, nil
}

// explainStart tells a missing directory from a missing program.
func explainStart(err error, dir string) error {
	if _, serr := os.Stat(dir); dir != "" && serr != nil {
		return serr
	}
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// how says how a process ended.
func how(st *os.ProcessState) string {
	if ws, ok := st.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return "killed by " + strings.TrimSpace(unix.SignalName(ws.Signal())+" ("+ws.Signal().String()+")")
	}
	return "exit code " + strconv.Itoa(st.ExitCode())
}

// ended waits for the process, timeout seconds at most; -1 is for ever.
func ended(pidfd, timeout int) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	deadline := time.Now().Add(time.Duration(timeout) * time.Second)
	for {
		left := -1
		if timeout >= 0 {
			left = int(max(0, min(time.Until(deadline), time.Hour)+time.Millisecond-1) / time.Millisecond)
		}
		n, err := unix.Poll(fds, left)
		switch {
		case n > 0:
			return true, nil
		case err != nil && err != unix.EINTR:
			return false, err
		case timeout >= 0 && !time.Now().Before(deadline):
			return false, nil
		}
	}
}
