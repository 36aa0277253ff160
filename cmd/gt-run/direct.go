package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/verb"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// direct tells whether the container needs no process but its own: it goes with
// its command, nothing has to be unpacked, and nobody asks afterwards. Then gt-run
// calls what gt-rootfs and gt-oci are made of, and the state's entry is the
// bundle. What is the same for both ways is in the wish.
func (o *options) direct(w *wish) bool {
	return w.rm && !o.Detach && !o.after() && !o.Debug && w.Map == nil && w.sockets == 0 &&
		(w.source.kind == kindHost || w.source.kind == kindDir)
}

// attend runs the container in this process, as its parent.
func attend(o *options, w *wish) (int, error) {
	if err := verb.Audit("run", append([]string{w.id}, w.Args...)); err != nil {
		return exitFailed, err
	}
	root := w.root
	if root == "" {
		root = tool.DefaultRoot()
	}
	s, plan, err := w.spec(root)
	if err != nil {
		return exitFailed, err
	}
	profile, err := o.profile(context.Background(), w.Capabilities)
	if err != nil {
		return exitFailed, err
	}
	w.Seccomp = profile
	if err := w.who(w.Root + "/"); err != nil {
		return exitFailed, err
	}
	w.Change(s)
	files, err := stdio(o)
	if err != nil {
		return exitFailed, err
	}
	defer files.close()
	if err := cidfile(o.Cidfile, w.id); err != nil {
		return exitFailed, err
	}
	f := &container.Foreground{
		CreateOptions: &container.CreateOptions{
			Spec: s, Lean: true, Passing: true, PidFile: o.Pidfile, Stdio: [3]int{int(files.in.Fd()), 1, 2},
		},
		In: files.in, Out: files.out,
	}
	if w.Host {
		runtime.LockOSThread() // its mount namespace goes with us
		f.Root = func(dir string) (func() error, error) { return mountHost(dir, plan.Shown) }
		f.Late = func(s *specs.Spec) error {
			masks, err := plan.Late()
			w.Mask(s, masks)
			return err
		}
		f.Ended = func() error { return host.Unmount(filepath.Join(root, w.id)) }
	}
	rt := &container.Runtime{Root: root, Warn: warn}
	if err := rt.Tidy(); err != nil {
		warn("remove what a killed gt-run left: %v", err)
	}
	code, err := f.Run(rt, w.id)
	if err != nil {
		text := said(err.Error())
		if text == err.Error() {
			text = "run " + w.id + ": " + text
		}
		return failed(err), errors.Join(errors.New(text), o.uncidfile())
	}
	return code, nil
}

func warn(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "gt-run: warning: "+format+"\n", args...)
}

// spec is what the container's begins with, whose entry in the state directory root
// is the bundle, and what it shows of the host, nil for another root.
func (w *wish) spec(root string) (*specs.Spec, *host.Plan, error) {
	if !w.Host {
		s, err := spec.Decode(spec.Default())
		return s, nil, err
	}
	plan, err := host.See(".", root)
	if err != nil {
		return nil, nil, err
	}
	if plan.Note != "" {
		warn("%s", plan.Note)
	}
	s, err := host.Template()
	if err != nil {
		return nil, nil, err
	}
	s.Hostname = w.id
	plan.Apply(s, filepath.Join(root, w.id))
	return s, plan, nil
}

// mountHost mounts the root where nobody else sees it: in a mount namespace of
// this thread, of which the container's is a copy. There is nothing to be undone
// when we are killed.
func mountHost(dir, shown string) (undo func() error, err error) {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return nil, &fail.Error{Op: "make a mount namespace", Cause: err}
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return nil, &fail.Error{Op: "make / a slave mount", Cause: err}
	}
	if err := os.Mkdir(filepath.Join(dir, "rootfs"), 0o755); err != nil {
		return nil, err
	}
	undo = func() error { return host.Unmount(dir) }
	_, err = host.Mount(dir, shown)
	return undo, err
}

// failed is gt-run's code for a failure of the container's birth.
func failed(err error) int {
	var at *fail.Error
	if !errors.As(err, &at) {
		return exitFailed
	}
	switch fail.Details(err).Code {
	case fail.CodeExec:
		return exitCannot
	case fail.CodeExecNoSuch:
		return exitNotFound
	}
	return exitFailed
}
