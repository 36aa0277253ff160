package watch

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Adopt takes over a container whose monitor has died: its output from the pipes
// that it still holds, its end from its pidfd. Its stdin and its terminal died
// with the monitor.
func (m *Monitor) Adopt() error {
	entry, err := m.root.Entry(m.ID)
	if err != nil {
		return err
	}
	st, err := entry.ReadState()
	if err != nil {
		return err
	}
	status, err := entry.Status(st)
	if err != nil {
		return err
	}
	before, err := record.ReadMonitor(entry.Dir())
	if err != nil {
		return err
	}
	m.retry.Count = before.Restarts
	if status == state.Stopped {
		return m.late(entry, st)
	}
	for i, inode := range before.Pipes {
		if i < len(m.streams) {
			m.streams[i].reopen(st.Pid, inode)
		}
	}
	m.event("adopt", "pid", strconv.Itoa(st.Pid))
	return m.take()
}

// late is a container that ended while nobody watched: how is not known, unless
// the machine was started meanwhile.
func (m *Monitor) late(entry *state.Entry, st *state.State) error {
	m.entry = entry
	// Nobody saw the end: the time is that of this look.
	e := &record.Exit{ID: m.ID, Code: -1, Reason: "unknown", Restarts: m.retry.Count, Finished: time.Now()}
	if at, err := time.Parse(time.RFC3339Nano, st.Created); err == nil {
		e.Started = at
	}
	if boot, err := state.BootID(); err == nil && boot != st.BootID {
		e.Reason = "reboot"
	}
	if err := m.identify(); err != nil {
		return err
	}
	m.ending(e)
	m.next(e)
	return nil
}

// reopen finds the pipe among what the processes of the container have open:
// the first one has it, unless it has put something else in its place.
func (s *stream) reopen(pid int, want uint64) {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd/"
	names, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, n := range names {
		var st unix.Stat_t
		if unix.Stat(dir+n.Name(), &st) != nil || st.Ino != want || st.Mode&unix.S_IFMT != unix.S_IFIFO {
			continue
		}
		fd, err := unix.Open(dir+n.Name(), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == nil {
			s.fd, s.inode = fd, want
			return
		}
	}
}
