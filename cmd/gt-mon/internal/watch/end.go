package watch

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// over is called when the container's first process has ended.
func (m *Monitor) over(int16) {
	status, known := m.reap()
	m.endProbe()
	m.timer = [timers]time.Time{}
	m.disarm()
	m.drain()
	_ = unix.Close(m.pidfd)
	m.pidfd = -1
	e := &record.Exit{ID: m.ID, Code: -1, Reason: "unknown", Started: m.started, Finished: time.Now(), Restarts: m.retry.Count, Stopped: m.stopped, Lost: m.log.Lost}
	if known {
		judge(e, status)
	}
	e.Account(m.group.Read())
	if e.OOMKills > 0 {
		m.event("oom", "kills", strconv.FormatUint(e.OOMKills, 10), "level", e.OOMLevel)
	}
	if e.Signal == "SIGSYS" {
		m.event("violation", "signal", e.Signal) // of the filter of system calls (seccomp(2), RET_KILL)
	}
	m.ending(e)
	m.next(e)
	m.children()
}

// ending writes an end down.
func (m *Monitor) ending(e *record.Exit) {
	m.Exit = e
	if err := e.Write(m.Data); err != nil && !os.IsNotExist(err) {
		m.Warn(err)
	}
	// Who deletes a container by force removes the entry meanwhile.
	if m.entry != nil {
		if err := e.Write(m.entry.Dir()); err != nil && !os.IsNotExist(err) {
			m.Warn(err)
		}
	}
	m.event("exit", "code", strconv.Itoa(e.Code), "reason", e.Reason)
}

// next decides what follows an end.
func (m *Monitor) next(e *record.Exit) {
	pause, again := m.retry.Next(e.Code, m.stopped, e.Finished.Sub(e.Started))
	if m.again {
		pause, again = 0, true
	}
	if !again {
		m.phase = ended
	} else {
		m.phase = waiting
		m.after(startAt, pause)
	}
	if m.entry != nil {
		m.note()
	}
}

// follow takes another restart policy. It rules over the next end, and over the
// start that is being waited for; one that somebody asked for comes anyway.
func (m *Monitor) follow(text string) error {
	if err := m.SetRestart(text); err != nil {
		return err
	}
	m.retry.Restart = m.Settings.Restart
	if m.phase == waiting && !m.again && m.Exit != nil && !m.retry.Waits(m.Exit.Code) {
		m.timer[startAt] = time.Time{}
		m.phase = ended
	}
	if m.entry != nil {
		m.note()
	}
	return nil
}

// judge reads a wait status.
func judge(e *record.Exit, ws unix.WaitStatus) {
	e.Code, e.Reason = ws.ExitStatus(), "exited"
	if ws.Signaled() {
		e.Code, e.Reason = 128+int(ws.Signal()), "signaled"
		e.Signal = unix.SignalName(ws.Signal())
	}
	if e.Stopped {
		e.Reason = "stopped"
	}
}

// reap takes the wait status: of a child by wait4(2), of an adopted container
// from its pidfd.
func (m *Monitor) reap() (unix.WaitStatus, bool) {
	var ws unix.WaitStatus
	for {
		pid, err := unix.Wait4(m.pid, &ws, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err == nil && pid == m.pid {
			return ws, true
		}
		return exitStatus(m.pidfd, m.pid)
	}
}

// signalled takes the bytes that signals became.
func (m *Monitor) signalled(int16) {
	n, err := unix.Read(m.wake[0], m.buf)
	if err != nil {
		return
	}
	for _, b := range m.buf[:n] {
		if sig := unix.Signal(b); sig == unix.SIGTERM || sig == unix.SIGINT {
			m.stop(m.StopTimeout)
		}
	}
	m.children()
}

// children reaps all that ended but the container: its pidfd tells of it.
func (m *Monitor) children() {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		pid := waited(&info)
		if err != nil || pid == 0 || pid == m.pid && m.pidfd >= 0 {
			return
		}
		var ws unix.WaitStatus
		if _, err := unix.Wait4(pid, &ws, unix.WNOHANG, nil); err != nil && err != unix.EINTR {
			return
		}
		if job := m.jobs[pid]; job != nil {
			delete(m.jobs, pid)
			job(ws)
		}
	}
}

// stop asks the container to end and kills it after the time.
func (m *Monitor) stop(after time.Duration) {
	m.stopped = true
	switch m.phase {
	case waiting:
		m.timer[startAt] = time.Time{}
		m.phase = ended
		if m.Exit != nil {
			m.Exit.Stopped = true
			m.ending(m.Exit)
		}
		if m.entry != nil {
			m.note()
		}
		return
	case running:
		m.phase = stopping
		m.note()
		if err := unix.PidfdSendSignal(m.pidfd, unix.Signal(m.StopSignal), nil, 0); err != nil && err != unix.ESRCH {
			m.Warn(err)
		}
	}
	m.after(killAt, after)
}

// ownEnd is the time in milliseconds that a killed process has to be gone.
const ownEnd = 200

// kill ends the container at once, by its pidfd, which can mean no other one. A
// paused container dies only when it is thawed: gt-oci does that. It is waited
// for, since its ID is that of the next container too.
func (m *Monitor) kill() {
	if m.pidfd < 0 {
		return
	}
	m.event("stop-timeout", "signal", unix.SignalName(unix.Signal(m.StopSignal)))
	if err := unix.PidfdSendSignal(m.pidfd, unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		m.Warn(err)
	}
	set := []unix.PollFd{{Fd: int32(m.pidfd), Events: unix.POLLIN}}
	if err := sys.Poll(set, ownEnd); err != nil {
		m.Warn(err)
	}
	if set[0].Revents != 0 {
		return
	}
	if err := m.oci([]string{"kill", "--all", m.ID, "KILL"}, [3]int{0, 2, 2}); err != nil {
		m.Warn(err)
	}
}

// keepFile stands in the data while a container is deleted to be made again:
// its bundle, which has the log, stays then.
const keepFile = "/keep"

// restart makes the container again.
func (m *Monitor) restart() {
	if _, err := m.root.Entry(m.ID); fail.Details(err).Code == fail.CodeNoSuch {
		m.phase = ended // somebody has removed it
		return
	}
	m.closeAll()
	if err := m.Again(); err != nil {
		m.startFailed(err)
		return
	}
	m.event("restart", "count", strconv.Itoa(m.retry.Count))
	for _, c := range m.clients {
		if c.restarts {
			c.send(control.Done, nil)
		}
	}
}

// Again removes the ended container, but not its bundle, and starts it anew.
func (m *Monitor) Again() error {
	if err := os.WriteFile(m.Data+keepFile, nil, 0o600); err != nil {
		return err
	}
	err := m.oci([]string{"delete", m.ID}, [3]int{0, 2, 2})
	if err == nil {
		err = m.Start()
	}
	if gone := os.Remove(m.Data + keepFile); err == nil && !os.IsNotExist(gone) {
		err = gone
	}
	return err
}

func (m *Monitor) closeAll() {
	for i := range m.streams {
		m.closeStream(&m.streams[i])
	}
}

// startFailed is an end without a beginning.
func (m *Monitor) startFailed(err error) {
	m.Warn(err)
	m.drain()
	now := time.Now()
	e := &record.Exit{ID: m.ID, Code: 125, Reason: "failed", Message: err.Error(), Started: now, Finished: now, Restarts: m.retry.Count, Stopped: m.stopped}
	if entry, err := m.root.Entry(m.ID); err == nil {
		m.entry = entry
	} else {
		m.entry = nil
	}
	m.ending(e)
	m.next(e)
}

// finish removes what the settings say.
func (m *Monitor) finish() error {
	if !m.Remove {
		return nil
	}
	err := m.oci([]string{"delete", "--force", m.ID}, [3]int{0, 2, 2})
	if fail.Details(err).Code == fail.CodeNoSuch {
		return nil
	}
	return err
}
