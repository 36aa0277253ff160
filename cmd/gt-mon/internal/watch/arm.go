package watch

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/state"
)

// An alarm that the kernel tells of is looked at when it does, and every two
// seconds from then on until nothing is left to see (hot). The others are looked
// at every two seconds: no event tells that there is another process, descriptor or
// block, what share of a limit is used, or, on v2, how much memory is.

// arm asks the kernel to tell. What it refuses to is looked at.
func (m *Monitor) arm(st *state.State) {
	mode, err := cgroup.ParseMode(st.CgroupMode)
	if err != nil {
		m.Warn(err)
		return
	}
	g := cgroup.Load(mode, st.Cgroups)
	for _, a := range m.alarms {
		a.hot = true // it may be so already
		if a.fd, err = a.source(g); err != nil {
			m.Warn(err)
		}
		a.does = func(revents int16) { m.told(a, revents) }
	}
	if len(m.alarms) > 0 {
		m.after(alarmAt, lookEvery)
	}
}

// source is the descriptor on which the kernel tells, -1 for none.
func (a *alarm) source(g *cgroup.Group) (int, error) {
	kind, pressure := strings.CutSuffix(a.metric, "-pressure")
	switch {
	case pressure:
		// A mean over ten seconds passes the limit only if two of them did; half of it
		// makes up for where they begin.
		return g.WatchPressure(kind, uint64(a.limit/100*cgroup.Window/2))
	case a.metric == "oom":
		w, err := g.WatchOOM()
		if err != nil {
			return -1, err
		}
		return w.FD(), nil
	case a.metric == "memory" && !a.percent:
		return g.WatchMemory(uint64(a.limit))
	}
	return -1, nil
}

// disarm is for the end of the container, whose groups go.
func (m *Monitor) disarm() {
	for _, a := range m.alarms {
		a.close()
	}
}

func (a *alarm) close() {
	if a.fd >= 0 {
		_ = unix.Close(a.fd)
	}
	a.fd = -1
}

// listenAlarms adds the alarms that wait for an event. A hot one has its time.
func (m *Monitor) listenAlarms() {
	for _, a := range m.alarms {
		if a.fd >= 0 && !a.hot {
			m.await(a.fd, a.events(), a.does)
		}
	}
}

func (a *alarm) pressure() bool { return strings.HasSuffix(a.metric, "-pressure") }

// events: a pressure file is always readable.
func (a *alarm) events() int16 {
	if a.pressure() {
		return unix.POLLPRI
	}
	return unix.POLLIN
}

func (m *Monitor) told(a *alarm, revents int16) {
	if revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
		a.close() // the group is gone, or has been taken apart
	} else {
		a.drain(m.buf)
	}
	a.hot = true
	m.look(false)
}

// drain takes what the kernel has told, and says if it was anything.
func (a *alarm) drain(buf []byte) bool {
	if a.pressure() {
		set := []unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLPRI}}
		n, err := unix.Poll(set, 0)
		return err == nil && n > 0
	}
	n, err := unix.Read(a.fd, buf)
	return err == nil && n > 0
}

// cool ends the looking where nothing is left to see: nothing was told since the
// last look, and nothing of what it was told of is still so.
func (a *alarm) cool(m *Monitor, s *usage.Sample) {
	switch {
	case a.fd < 0 || !a.hot || a.drain(m.buf):
	case a.metric == "oom": // it counts, and never falls
		a.hot = false
	case a.on:
	case a.metric == "memory": // what is told of is the use with the cache
		a.hot = s.Memory != nil && float64(s.Memory.Usage) > a.limit
	default:
		a.hot = false
	}
}
