package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// outside tells whether the host's root is wanted by someone who may not mount
// an overlay over it: he may in namespaces of his own.
func (o *options) outside() bool { return os.Geteuid() != 0 && o.Rootfs == kindHost }

// enter runs the same command line as root of a new user and mount namespace, in
// which nobody but the caller has an ID, and returns its exit code. All that is
// mounted there goes with it, however it ends.
func enter(o *options) (int, error) {
	if o.Detach {
		return exitFailed, fail.New(fail.CodePermission, "--detach with the host's root: caller is not root, need root or --rootfs")
	}
	if n, err := handed(); err != nil || n > 0 {
		return exitFailed, errors.Join(err, fail.New(fail.CodePermission, "sockets of systemd with the host's root: caller is not root, need root or --rootfs"))
	}
	env, err := insideEnv(o)
	if err != nil {
		return exitFailed, err
	}
	uid, gid := os.Getuid(), os.Getgid()
	// Our own end is noticed by the thread that made the child (prctl(2),
	// PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	signals := &relay{cancel: func() {}}
	stop, err := tty.Forward(signals.pass, signals.skip(o)...)
	if err != nil {
		return exitFailed, err
	}
	defer stop()
	child, err := signals.start(func() (*os.Process, error) {
		defer sys.PlainSlack()()
		return os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{
			Env:   env,
			Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
			Sys: &syscall.SysProcAttr{
				Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
				UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}},
				Credential:  &syscall.Credential{NoSetGroups: true},
				Setpgid:     !o.ownTerminal(),
				Pdeathsig:   unix.SIGTERM,
			},
		})
	})
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EACCES) {
		return exitFailed, fail.New(fail.CodePermission, "host: no user namespace is to be had: %w: need one, or root", errno(err))
	}
	if err != nil {
		return exitFailed, fmt.Errorf("enter a user namespace: %w", err)
	}
	if child == nil {
		return signals.code(exitFailed), nil
	}
	state, err := child.Wait()
	signals.done()
	if err != nil {
		return exitFailed, err
	}
	if ws := state.Sys().(syscall.WaitStatus); ws.Signaled() {
		return exitSignalled + int(ws.Signal()), nil
	}
	return state.ExitCode(), nil
}

func errno(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// insideEnv names the caller's own directories, which root has elsewhere.
func insideEnv(o *options) ([]string, error) {
	dir, err := bundle.Dir()
	if err != nil {
		return nil, err
	}
	root := o.Root
	if root == "" {
		root = tool.DefaultRoot()
	}
	return append(os.Environ(), "GOPHERTAINER_DATA="+dir[:len(dir)-len("/bundles")], "GOPHERTAINER_ROOT="+root), nil
}

// own are the IDs that are root in the container of a caller who is not: his, or,
// in a user namespace, those of its root. No ID but these has a meaning there.
func own() (uid, gid int, rootless bool, err error) {
	uid, gid = os.Geteuid(), os.Getegid()
	if uid != 0 {
		return uid, gid, true, nil
	}
	m, err := idmap.Self()
	if err != nil {
		return 0, 0, false, err
	}
	return uid, gid, len(m.UID) == 1 && m.UID[0].Size == 1, nil
}
