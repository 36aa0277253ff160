package shell

import (
	"os"
	"os/signal"
	"syscall"
)

// job is a background process of the shell.
type job struct {
	done   bool
	status int
}

// await blocks until a child ends and returns its status. Whatever else ends
// meanwhile is reaped too: PID 1 inherits orphans.
func (s *Shell) await(pid int) int {
	for {
		var ws syscall.WaitStatus
		got, err := syscall.Wait4(-1, &ws, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return statusNotFound
		}
		if got == pid {
			return exitStatus(ws)
		}
		s.note(got, ws)
	}
}

func (s *Shell) note(pid int, ws syscall.WaitStatus) {
	if j := s.jobs[pid]; j != nil {
		j.done, j.status = true, exitStatus(ws)
	}
}

func exitStatus(ws syscall.WaitStatus) int {
	if ws.Signaled() {
		return statusSignal + int(ws.Signal())
	}
	return ws.ExitStatus()
}

// reap collects what has ended, without blocking.
func (s *Shell) reap() (children bool) {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return false
		}
		if pid == 0 {
			return true
		}
		s.note(pid, ws)
	}
}

// waitUntil blocks until done answers true, no child is left, or a trapped
// signal comes: then its status is returned.
func (s *Shell) waitUntil(done func() bool) (signalled int) {
	if s.pending == nil {
		for !done() {
			var ws syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &ws, 0, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil {
				return 0
			}
			s.note(pid, ws)
		}
		return 0
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	defer signal.Stop(ended)
	for {
		if children := s.reap(); done() || !children {
			return 0
		}
		select {
		case <-ended:
		case sig := <-s.pending:
			s.runTrap(sig.(syscall.Signal))
			return statusSignal + int(sig.(syscall.Signal))
		}
	}
}

// background starts a statement without waiting for it.
func (s *Shell) background(st *syntaxStmt) {
	front := *st
	front.Background, front.Coprocess, front.Disown = false, false, false
	t := s.fds
	if !s.opts.interactive {
		if null := s.nullInput(); null != nil {
			t = null
			defer null.drop(s.fds)
		}
	}
	pid, status := s.stage(&front, t)
	s.status = status
	if pid != 0 {
		s.last = pid
		s.jobs[pid] = &job{}
		s.status = 0
	}
}

// nullInput is the table with stdin at /dev/null, as POSIX wants it for a
// background command; nil if there is no /dev/null to open.
func (s *Shell) nullInput() table {
	t := s.fds.clone()
	if t.open(0, os.DevNull, syscall.O_RDONLY) != nil {
		return nil
	}
	return t
}
