// Package hook runs a list of hooks of the spec on the host: in order, the
// state on stdin, nothing of our own environment or descriptors, and an end to
// their time (runtime-spec config.md, "POSIX-platform Hooks").
package hook

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Options of a run.
type Options struct {
	Dir string // working directory: the bundle, never the root
}

// tail is how much of a hook's output an error carries.
const tail = 4096

// Run runs the hooks of a kind ("createRuntime"). The first that fails ends it.
func Run(kind string, hooks []specs.Hook, state []byte, o Options) error {
	for i := range hooks {
		h := &hooks[i]
		begun := time.Now()
		if err := one(h, state, o); err != nil {
			return &fail.Error{
				Code: fail.CodeHook, Member: "/hooks/" + kind + "/" + strconv.Itoa(i), Op: "run hook " + h.Path,
				Cause: fmt.Errorf("after %s: %w", time.Since(begun).Round(time.Millisecond), err),
			}
		}
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
	args := h.Args
	if len(args) == 0 {
		args = []string{h.Path}
	}
	pidfd := -1
	env := h.Env
	if env == nil {
		env = []string{}
	}
	p, err := os.StartProcess(h.Path, args, &os.ProcAttr{
		Dir: o.Dir, Env: env, Files: []*os.File{in, out, out},
		Sys: &syscall.SysProcAttr{PidFD: &pidfd, Setsid: true},
	})
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	timeout := -1
	if h.Timeout != nil {
		timeout = *h.Timeout * 1000
	}
	late := !ended(pidfd, timeout)
	if late {
		_ = unix.Kill(-p.Pid, unix.SIGKILL) // its own session: children too
	}
	st, err := p.Wait()
	switch {
	case err != nil:
		return err
	case late:
		return fail.New(fail.CodeTimeout, "still running after %d s, killed%s", timeout/1000, said(out))
	case !st.Success():
		return fmt.Errorf("%s%s", strings.TrimPrefix(st.String(), "exit status "+strconv.Itoa(st.ExitCode())), exit(st)+said(out))
	}
	return nil
}

func exit(st *os.ProcessState) string {
	if st.ExitCode() < 0 {
		return ""
	}
	return "exit code " + strconv.Itoa(st.ExitCode())
}

// memory is a file that nothing can block on: a hook may leave its stdin
// unread, and write as much as it likes.
func memory(name string, text []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if _, err := unix.Pwrite(fd, text, 0); err != nil && len(text) > 0 {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func said(out *os.File) string {
	st, err := out.Stat()
	if err != nil || st.Size() == 0 {
		return ""
	}
	from := max(0, st.Size()-tail)
	b, err := io.ReadAll(io.NewSectionReader(out, from, tail))
	if err != nil {
		return ""
	}
	return ": " + strings.TrimSpace(string(b))
}

func ended(pidfd, timeout int) bool {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	deadline := time.Now().Add(time.Duration(timeout) * time.Millisecond)
	for {
		n, err := unix.Poll(fds, timeout)
		if err != unix.EINTR {
			return n > 0
		}
		if timeout >= 0 {
			timeout = max(0, int(time.Until(deadline).Milliseconds()))
		}
	}
}
