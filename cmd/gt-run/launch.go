package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// parent is the tool that is the container's.
func (o *options) parent() string {
	if o.Detach {
		return "gt-mon"
	}
	return "gt-oci"
}

// ociArgs is the pipeline's last command.
func ociArgs(o *options, w *wish, root, bundlePath string) []string {
	args := rootArgs(root)
	if o.Debug {
		args = append(args, "--debug")
	}
	args = append(args, "--log", fmt.Sprintf("/proc/self/fd/%d", 3+w.sockets), "--log-format", "json", "run")
	if w.sockets > 0 {
		args = append(args, "--preserve-fds", strconv.Itoa(w.sockets))
	}
	if o.Detach {
		return append(append(args, monitorArgs(o, w)...), "--bundle", bundlePath, w.id)
	}
	if !w.rm || o.after() {
		args = append(args, "--keep")
	}
	if o.Pidfile != "" {
		args = append(args, "--pid-file", o.Pidfile)
	}
	return append(args, "--bundle", bundlePath, w.id)
}

// monitorArgs are gt-mon's, which then calls gt-oci.
func monitorArgs(o *options, w *wish) []string {
	args := o.Supervision.args()
	for name, on := range map[string]bool{"--rm": w.rm, "--stdin": o.Interactive && !o.TTY, "--tty": o.TTY} {
		if on {
			args = append(args, name)
		}
	}
	return args
}

// ownTerminal tells whether gt-oci reads the user's terminal, and so has to be
// in its foreground process group.
func (o *options) ownTerminal() bool { return o.TTY && o.Interactive && !o.Detach }

// A launch is what it takes to run gt-oci.
type launch struct {
	*options
	*wish
	bundle  *bundle.Bundle
	signals *relay
	began   time.Time
	used    *syscall.Rusage
	ran     bool // the command has ended, however
}

// run runs gt-oci, or gt-mon, to its end.
//
// Keys such as ^C reach a whole process group. Where the terminal is not raw,
// gt-oci therefore has a group of its own: it gets each signal once, from us.
func (l *launch) run(tool, path string) (int, error) {
	log, err := newLog()
	if err != nil {
		return exitFailed, err
	}
	defer log.Close()
	files, err := stdio(l.options)
	if err != nil {
		return exitFailed, err
	}
	defer files.close()
	argv := append([]string{tool}, ociArgs(l.options, l.wish, l.bundle.Root, l.bundle.Path)...)
	l.began = time.Now()
	child, err := l.signals.start(func() (*os.Process, error) {
		defer sys.PlainSlack()()
		return os.StartProcess(path, argv, &os.ProcAttr{
			Files: append([]*os.File{files.in, files.out, files.err}, l.inherited(log)...),
			Sys:   &syscall.SysProcAttr{Setpgid: !l.ownTerminal()},
		})
	})
	if err != nil {
		return exitFailed, fmt.Errorf("start %s: %w", path, err)
	}
	if child == nil {
		return l.signals.code(exitFailed), errors.Join(l.bundle.Discard(), l.uncidfile())
	}
	state, err := child.Wait()
	l.signals.done()
	if err != nil {
		return exitFailed, fmt.Errorf("wait for gt-oci: %w", err)
	}
	l.used, _ = state.SysUsage().(*syscall.Rusage)
	code, err := verdict(tool, l.options, state.Sys().(syscall.WaitStatus), log)
	if err == nil && code == 0 && l.Detach {
		_, err = fmt.Println(l.id)
	}
	if l.ran = err == nil && !l.Detach; l.ran && l.after() {
		err = l.afterwards(code, l.began)
	}
	if err != nil && code == 0 {
		code = exitFailed
	}
	return code, err
}

// streams are what gt-oci and the command have as 0, 1 and 2.
type streams struct {
	in, out, err *os.File
	opened       []*os.File
}

// stdio is /dev/null for stdin unless it is passed on. gt-mon, which outlives us,
// has none of ours: the caller's stdout may be a pipe whose reader waits for its
// end.
func stdio(o *options) (*streams, error) {
	s := &streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if o.Interactive && !o.Detach {
		return s, nil
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	s.in, s.opened = null, append(s.opened, null)
	if o.Detach {
		s.out, s.err = null, null
	}
	return s, nil
}

func (s *streams) close() {
	for _, f := range s.opened {
		f.Close()
	}
}

// newLog makes the file for what gt-oci logs. It has no name, so that it
// outlives the bundle and leaves nothing behind.
func newLog() (*os.File, error) {
	fd, err := unix.MemfdCreate("gt-oci.log", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	return os.NewFile(uintptr(fd), "gt-oci.log"), nil
}
