package watch

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// lookEvery is how often limits of --watch are compared.
const lookEvery = 2 * time.Second

// An alarm is METRIC>VALUE[%]:ACTION[=ARGUMENT].
type alarm struct {
	text     string
	metric   string
	limit    float64
	percent  bool
	action   string
	argument string
	on       bool
	fd       int         // where the kernel tells of it; -1 if it does not
	hot      bool        // there may be something to see
	does     func(int16) // takes what it tells
}

var (
	metrics = []string{"memory", "pids", "files", "disk", "cpu-pressure", "memory-pressure", "io-pressure", "oom"}
	actions = []string{"event", "exec", "webhook", "pause", "restart", "stop"}
)

func parseAlarms(list []string) ([]*alarm, error) {
	var all []*alarm
	for _, text := range list {
		a, err := parseAlarm(text)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func parseAlarm(text string) (*alarm, error) {
	metric, rest, ok := strings.Cut(text, ">")
	value, action, acts := strings.Cut(rest, ":")
	if !ok || !acts {
		return nil, fail.Usage("--watch: have %q, need METRIC>VALUE:ACTION, as memory>80%%:event", text)
	}
	a := &alarm{text: text, metric: metric, fd: -1}
	a.action, a.argument, _ = strings.Cut(action, "=")
	if !has(metrics, metric) {
		return nil, fail.Usage("--watch: have metric %q, need one of %s", metric, strings.Join(metrics, " "))
	}
	if !has(actions, a.action) {
		return nil, fail.Usage("--watch: have action %q, need one of %s", a.action, strings.Join(actions, " "))
	}
	if needs := a.action == "exec" || a.action == "webhook"; needs != (a.argument != "") {
		return nil, fail.Usage("--watch: %s in %q: need exec=COMMAND or webhook=URL, and no argument for others", a.action, text)
	}
	if a.action == "webhook" && !strings.HasPrefix(a.argument, "http://") {
		return nil, fail.Usage("--watch: have %q, need webhook=http://ADDRESS:PORT/PATH", a.argument)
	}
	number, percent := strings.CutSuffix(value, "%")
	a.percent = percent
	if percent || strings.HasSuffix(metric, "-pressure") {
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || v < 0 || v > 100 {
			return nil, fail.Usage("--watch: have %q, need percent from 0 to 100", value)
		}
		a.limit = v
		if metric == "disk" || metric == "oom" {
			return nil, fail.Usage("--watch: %s has no percent, need a number", metric)
		}
		return a, nil
	}
	n, err := settings.Size(number)
	if err != nil {
		return nil, fail.Usage("--watch: %w", err)
	}
	a.limit = float64(n)
	return a, nil
}

func has(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// pressed refuses an alarm that could never act: not every kernel keeps the
// pressure of a group, and cgroup v1 alone shows none.
func pressed(alarms []*alarm) error {
	for _, a := range alarms {
		kind, is := strings.CutSuffix(a.metric, "-pressure")
		if !is {
			continue
		}
		if unix.Access("/proc/pressure/"+kind, unix.F_OK) != nil {
			return fail.New(fail.CodeKernel, "--watch: have %q and a kernel that keeps no pressure, need CONFIG_PSI, and psi=1 at its start", a.text)
		}
		if unix.Access("/sys/fs/cgroup/cgroup.controllers", unix.F_OK) != nil && unix.Access("/sys/fs/cgroup/unified/cgroup.controllers", unix.F_OK) != nil {
			return fail.New(fail.CodeHost, "--watch: have %q and cgroup v1 alone, need cgroup2, whose groups have a pressure", a.text)
		}
	}
	return nil
}

// look compares what the container uses with the limits. An alarm acts when its
// limit is passed, and again only after the use has been below it. timed: this is the
// look that an event two seconds ago asked for.
func (m *Monitor) look(timed bool) {
	if m.pidfd < 0 || m.phase != running {
		return
	}
	s := m.group.Read()
	for _, a := range m.alarms {
		if a.metric == "files" {
			m.group.CountFiles(s)
			break
		}
	}
	again := false
	for _, a := range m.alarms {
		value, known := m.measure(a, s)
		on := known && value > a.limit
		if on && !a.on {
			m.act(a, value)
		}
		a.on = on
		if timed {
			a.cool(m, s)
		}
		again = again || a.fd < 0 || a.hot
	}
	if again && (timed || m.timer[alarmAt].IsZero()) {
		m.after(alarmAt, lookEvery)
	}
}

// measure is the value an alarm compares, in percent of the limit if it says so.
func (m *Monitor) measure(a *alarm, s *usage.Sample) (float64, bool) {
	var value, limit uint64
	switch a.metric {
	case "memory":
		if s.Memory == nil {
			return 0, false
		}
		value, limit = s.Memory.Working(), s.Memory.Limit
	case "pids":
		if s.Pids == nil {
			return 0, false
		}
		value, limit = s.Pids.Current, s.Pids.Limit
	case "files":
		value, limit = uint64(s.Files), s.FileLimit
	case "oom":
		value = s.OOMKills
	case "disk":
		value = diskUse(m.Bundle)
	default:
		p := s.Pressure[strings.TrimSuffix(a.metric, "-pressure")]
		if p == nil {
			return 0, false
		}
		return p.Some10, true
	}
	if !a.percent {
		return float64(value), true
	}
	return 100 * float64(value) / float64(max(limit, 1)), limit > 0
}

func (m *Monitor) act(a *alarm, value float64) {
	said := strconv.FormatFloat(value, 'f', -1, 64)
	m.event("alarm", "rule", a.text, "value", said, "action", a.action)
	var argv []string
	switch a.action {
	case "exec":
		argv = []string{"/bin/sh", "-c", a.argument}
	case "webhook":
		argv = []string{m.Self, "hook", a.argument, m.ID, a.text, said}
	case "pause":
		argv = []string{m.Oci, "--root", m.Root, "pause", m.ID}
	case "restart":
		m.again = true
		m.stop(m.StopTimeout)
	case "stop":
		m.stop(m.StopTimeout)
	}
	if argv == nil {
		return
	}
	if err := m.spawn(argv, func(ws unix.WaitStatus) {
		if ws != 0 {
			m.Warn(fail.New(fail.CodeSystem, "action of %s ended with %d", a.text, ws.ExitStatus()))
		}
	}); err != nil {
		m.Warn(err)
	}
}
