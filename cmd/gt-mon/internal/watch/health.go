package watch

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/json"
)

// Words of a check's state, as Docker has them.
const (
	beginning = "starting"
	healthy   = "healthy"
	unhealthy = "unhealthy"
)

// A probe is the health check of a container: its state and, while fd is not -1
// or pid is not 0, the one that runs.
type probe struct {
	status string
	streak int // failures in a row
	fd     int
	pid    int
	began  time.Time
	late   bool
	says   []byte
	last   []result // the newest last
}

type result struct {
	start, end time.Time
	code       int
	output     string
}

// Bounds of what is kept of checks.
const (
	maxOutput  = 4096
	maxResults = 5
)

// startHealth begins the checks of a container that has just started. Without a
// check the container is ready at once.
func (m *Monitor) startHealth() {
	m.probe = probe{fd: -1}
	if len(m.Health.Test) == 0 {
		m.ready()
		return
	}
	m.probe.status = beginning
	m.after(probeAt, m.Health.Interval)
	m.note()
	m.keepHealth()
}

func (m *Monitor) ready() {
	if !m.kept && m.Ready != nil {
		m.kept = true
		m.Ready(m.pid)
	}
}

// command is what a check runs: in the container, or against its network.
func (m *Monitor) command() []string {
	test := m.Health.Test
	if test[0] == "CMD" {
		argv := []string{m.Oci, "--root", m.Root, "exec", "--pid-file", m.Data + "/probe.pid", m.ID}
		return append(argv, test[1:]...)
	}
	argv := []string{m.Self, "probe", "--pid", strconv.Itoa(m.pid), "--timeout", m.Health.Timeout.String()}
	return append(argv, test...)
}

func (m *Monitor) startProbe() {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		m.Warn(err)
		return
	}
	defer unix.Close(p[1])
	if err := unix.SetNonblock(p[1], false); err != nil {
		m.Warn(err)
	}
	// The file of an earlier check would name a process that is not ours.
	_ = unix.Unlink(m.Data + "/probe.pid")
	m.probe.began, m.probe.late, m.probe.says = time.Now(), false, m.probe.says[:0]
	pid, err := m.spawnTo(m.command(), p[1], m.probeDone)
	if err != nil {
		_ = unix.Close(p[0])
		m.Warn(err)
		m.after(probeAt, m.Health.Interval)
		return
	}
	m.probe.fd, m.probe.pid = p[0], pid
	m.after(probeEnd, m.Health.Timeout)
}

// probeSays keeps the beginning of what a check writes and reads on, so that it
// never waits.
func (m *Monitor) probeSays(int16) {
	n, err := unix.Read(m.probe.fd, m.buf)
	if n > 0 {
		room := max(0, maxOutput-len(m.probe.says))
		m.probe.says = append(m.probe.says, m.buf[:min(n, room)]...)
	}
	if n == 0 || err != nil && err != unix.EAGAIN && err != unix.EINTR {
		_ = unix.Close(m.probe.fd)
		m.probe.fd = -1
	}
}

// probeLate ends a check that takes too long: the process in the container, then
// the one that waits for it.
func (m *Monitor) probeLate() {
	m.probe.late = true
	if text, err := os.ReadFile(m.Data + "/probe.pid"); err == nil {
		// Only one that is in the container still: numbers come again.
		name := strings.TrimSpace(string(text))
		if pid, err := strconv.Atoi(name); err == nil && pid > 1 && has(m.group.Processes(), name) {
			_ = unix.Kill(pid, unix.SIGKILL)
			return
		}
	}
	if m.probe.pid > 0 {
		_ = unix.Kill(m.probe.pid, unix.SIGKILL)
	}
}

// endProbe forgets the check of a container that has ended.
func (m *Monitor) endProbe() {
	if m.probe.pid > 0 {
		_ = unix.Kill(m.probe.pid, unix.SIGKILL)
		delete(m.jobs, m.probe.pid)
	}
	if m.probe.fd >= 0 {
		_ = unix.Close(m.probe.fd)
	}
	m.probe = probe{fd: -1, status: m.probe.status, last: m.probe.last}
}

// probeDone judges a check.
func (m *Monitor) probeDone(ws unix.WaitStatus) {
	p := &m.probe
	m.timer[probeEnd] = time.Time{}
	if p.fd >= 0 {
		m.probeSays(0)
		if p.fd >= 0 {
			_ = unix.Close(p.fd)
		}
	}
	r := result{p.began, time.Now(), ws.ExitStatus(), strings.ToValidUTF8(string(p.says), "\uFFFD")}
	if p.late {
		r.code, r.output = -1, "no answer within "+m.Health.Timeout.String()
	}
	p.fd, p.pid = -1, 0
	p.last = append(p.last, r)
	if len(p.last) > maxResults {
		p.last = p.last[1:]
	}
	m.after(probeAt, m.Health.Interval)
	m.judgeHealth(r.code == 0)
	m.keepHealth()
}

func (m *Monitor) judgeHealth(good bool) {
	p := &m.probe
	before := p.status
	switch {
	case good:
		p.streak, p.status = 0, healthy
		m.ready()
	case p.status == beginning && time.Since(m.started) < m.Health.Start:
	default:
		p.streak++
		if p.streak >= m.Health.Retries {
			p.status = unhealthy
		}
	}
	if p.status == before {
		return
	}
	m.event("health", "status", p.status)
	m.note()
	// A stop that somebody asked for is not to become a restart.
	if p.status == unhealthy && m.Health.Restart && m.phase == running {
		m.stop(m.StopTimeout)
		// Nobody asked for the end: a policy starts it again, whatever its code.
		m.stopped, m.again = false, m.Settings.Restart.Policy != "no"
	}
}

// keepHealth writes the last results, for inspect.
func (m *Monitor) keepHealth() {
	list := make([]any, len(m.probe.last))
	for i, r := range m.probe.last {
		list[i] = map[string]any{
			"start": r.start.UTC().Format(time.RFC3339Nano), "end": r.end.UTC().Format(time.RFC3339Nano),
			"exitCode": r.code, "output": r.output,
		}
	}
	var w json.Writer
	w.Value(map[string]any{"status": m.probe.status, "failingStreak": m.probe.streak, "log": list})
	name := m.Data + "/health.json"
	err := os.WriteFile(name+".new", append(w.Bytes(), '\n'), 0o600)
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		m.Warn(err)
	}
}
