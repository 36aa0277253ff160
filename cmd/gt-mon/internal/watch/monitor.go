// Package watch is the parent of one container: it starts it through gt-oci,
// keeps its output, answers on its socket, and writes down how it ended.
//
// One loop over poll(2) does everything; the Go runtime's own wake-up, once a
// minute, is all that happens while nothing does.
package watch

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/logs"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/retry"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Phases of a monitor.
const (
	running  = "running"
	stopping = "stopping"
	waiting  = "waiting" // for the next start
	ended    = "ended"
)

// A Monitor watches one container. All descriptors in it are its own; -1 is
// none.
type Monitor struct {
	*settings.Settings
	Oci   string        // path of gt-oci
	Self  string        // path of gt-mon
	Ready func(pid int) // called when the container runs
	Warn  func(error)   // takes what stops nothing
	Exit  *record.Exit  // the last end
	log   *logs.Log
	root  *state.Root
	entry *state.Entry
	self  record.Monitor
	retry retry.Policy

	phase   string
	group   *usage.Group
	pid     int
	pidfd   int
	started time.Time
	kept    bool // Ready was called
	stopped bool // somebody asked for the end
	again   bool // and for another start
	handed  int  // descriptors of socket activation

	streams [2]stream
	stdin   int
	master  *os.File
	listen  int
	clients []*client
	wake    [2]int
	probe   probe
	alarms  []*alarm
	timer   [timers]time.Time
	buf     []byte
	set     []unix.PollFd
	what    []func(revents int16)
	does    struct{ out, err, signal, end, accept, probe func(int16) } // made once: the loop makes no garbage
	jobs    map[int]func(unix.WaitStatus)                              // children that are no container
	signals chan os.Signal
}

// Timers of the loop; the zero time is off.
const (
	killAt = iota
	startAt
	probeAt
	probeEnd
	alarmAt
	timers
)

// New prepares a monitor: the socket is there and the log is open.
func New(s *settings.Settings) (*Monitor, error) {
	m := &Monitor{Settings: s, pidfd: -1, stdin: -1, listen: -1, jobs: map[int]func(unix.WaitStatus){}}
	m.streams = [2]stream{{name: logs.Stdout, kind: control.Stdout, fd: -1}, {name: logs.Stderr, kind: control.Stderr, fd: -1}}
	m.probe.fd = -1
	m.Warn = func(error) {}
	m.retry.Restart = s.Restart
	var err error
	if m.alarms, err = parseAlarms(s.Watch); err == nil {
		err = pressed(m.alarms)
	}
	if err != nil {
		return nil, err
	}
	if m.root, err = state.Open(s.Root); err != nil {
		return nil, err
	}
	// Orphans of the container's exec, and the container itself, become ours
	// when the gt-oci that made them ends.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, &fail.Error{Op: "become subreaper", Cause: err}
	}
	if m.log, err = logs.Open(s); err != nil {
		return nil, err
	}
	if m.listen, err = control.Listen(s.Data); err != nil {
		return nil, err
	}
	if err := unix.Pipe2(m.wake[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	m.catch()
	m.buf = make([]byte, 16<<10)
	m.does.out, m.does.err = func(int16) { m.pump(&m.streams[0]) }, func(int16) { m.pump(&m.streams[1]) }
	m.does.signal, m.does.end, m.does.accept, m.does.probe = m.signalled, m.over, m.accept, m.probeSays
	return m, nil
}

// catch turns signals into bytes that poll sees.
func (m *Monitor) catch() {
	m.signals = make(chan os.Signal, 16)
	signal.Ignore(unix.SIGHUP, unix.SIGPIPE)
	signal.Notify(m.signals, unix.SIGCHLD, unix.SIGTERM, unix.SIGINT, unix.SIGUSR1)
	go func() {
		for s := range m.signals {
			n, _ := s.(unix.Signal)
			_, _ = unix.Write(m.wake[1], []byte{byte(n)}) // full: poll sees it anyway
		}
	}()
}

// Loop watches until the container has ended for good.
func (m *Monitor) Loop() error {
	for m.phase != ended {
		m.pollset()
		_, err := unix.Poll(m.set, m.timeout(time.Now()))
		if err != nil && err != unix.EINTR {
			return err
		}
		for i := range m.set {
			if m.set[i].Revents != 0 {
				m.what[i](m.set[i].Revents)
			}
		}
		m.tick(time.Now())
	}
	m.farewell()
	if err := record.Withdraw(m.Root, m.ID); err != nil {
		m.Warn(err)
	}
	if err := m.log.Close(); err != nil {
		m.Warn(err)
	}
	return m.finish()
}

// pollset lists what is waited for.
func (m *Monitor) pollset() {
	m.set, m.what = m.set[:0], m.what[:0]
	// Output before the end, so that the end finds it all read.
	m.add(m.streams[0].fd, m.does.out)
	m.add(m.streams[1].fd, m.does.err)
	m.add(m.wake[0], m.does.signal)
	m.add(m.pidfd, m.does.end)
	m.add(m.listen, m.does.accept)
	m.add(m.probe.fd, m.does.probe)
	m.listenAlarms()
	for _, c := range m.clients {
		m.add(c.fd, c.does)
	}
}

func (m *Monitor) add(fd int, f func(int16)) {
	if fd >= 0 {
		m.await(fd, unix.POLLIN, f)
	}
}

func (m *Monitor) await(fd int, events int16, f func(int16)) {
	m.set = append(m.set, unix.PollFd{Fd: int32(fd), Events: events})
	m.what = append(m.what, f)
}

// timeout is the wait in milliseconds until the next timer, -1 for none.
func (m *Monitor) timeout(now time.Time) int {
	least := -1
	for _, at := range m.timer {
		if at.IsZero() {
			continue
		}
		ms := max(0, int((at.Sub(now)+time.Millisecond-1)/time.Millisecond))
		if least < 0 || ms < least {
			least = ms
		}
	}
	return least
}

// tick does what the clock asks for.
func (m *Monitor) tick(now time.Time) {
	for i, at := range m.timer {
		if !at.IsZero() && !now.Before(at) {
			m.timer[i] = time.Time{}
			m.due(i)
		}
	}
}

func (m *Monitor) due(timer int) {
	switch timer {
	case killAt:
		m.kill()
	case startAt:
		m.restart()
	case probeAt:
		m.startProbe()
	case probeEnd:
		m.probeLate()
	case alarmAt:
		m.look(true)
	}
}

func (m *Monitor) after(timer int, d time.Duration) { m.timer[timer] = time.Now().Add(d) }

// note keeps the monitor's record in the state directory.
func (m *Monitor) note() {
	m.self.Phase, m.self.Health, m.self.Restarts = m.phase, m.probe.status, m.retry.Count
	m.self.Policy = m.Settings.Restart.Policy
	if err := m.self.Write(m.entry.Dir()); err != nil {
		m.Warn(err)
	}
}

func (m *Monitor) event(kind string, pairs ...string) {
	if err := event.Append(m.Root, event.New(kind, m.ID, pairs...)); err != nil {
		m.Warn(err)
	}
}
