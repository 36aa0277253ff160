package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// reap is process 1 of a container with --init: it starts the command, passes
// signals on, reaps whatever becomes its child, and ends with the command's code.
func reap(o *tool.Options) func(*tool.Call) error {
	group := false
	o.Bool(&group, "group", 0, "signals go to the command's whole process group")
	return func(c *tool.Call) error {
		path, err := program(c.Args[0])
		if err != nil {
			return err
		}
		// Before the start, so that no signal is lost.
		signals := make(chan os.Signal, 64)
		signal.Notify(signals)
		signal.Ignore(unix.SIGTTOU, unix.SIGTTIN)
		attr := &syscall.SysProcAttr{Setpgid: true}
		if _, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
			attr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
		}
		pid, err := syscall.ForkExec(path, c.Args, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: attr})
		if err != nil {
			return &fail.Error{Code: fail.CodeExec, Op: "execute " + path, Cause: err}
		}
		target := pid
		if group {
			target = -pid
		}
		for s := range signals {
			n, _ := s.(unix.Signal)
			if n != unix.SIGCHLD && n != unix.SIGURG { // SIGURG is the Go runtime's own
				_ = unix.Kill(target, n)
				continue
			}
			if code, ended := collect(pid); ended {
				return exitWith(code)
			}
		}
		return nil
	}
}

func exitWith(code int) error {
	if code == 0 {
		return nil
	}
	return tool.ExitStatus(code)
}

// collect reaps all that has ended; the command's end is ours.
func collect(command int) (code int, ended bool) {
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return code, ended
		}
		if pid != command {
			continue
		}
		code, ended = ws.ExitStatus(), true
		if ws.Signaled() {
			code = 128 + int(ws.Signal())
		}
	}
}

// program finds the command as execvp(3) does.
func program(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fail.New(fail.CodeExecNoSuch, "%s: executable file not found in $PATH", name)
}
