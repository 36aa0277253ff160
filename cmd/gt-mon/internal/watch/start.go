package watch

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// Start makes the container and lets it run.
func (m *Monitor) Start() error {
	files, err := m.stdio()
	defer closeAll(files[:])
	if err != nil {
		return err
	}
	args := []string{"run", "--detach"}
	if m.Preserve > 0 {
		args = append(args, "--preserve-fds", strconv.Itoa(m.Preserve))
	}
	if m.PidFile != "" {
		args = append(args, "--pid-file", m.PidFile)
	}
	var console *tty.Listener
	if m.Terminal {
		name := m.Data + "/tty"
		_ = unix.Unlink(name) // left by a monitor that was killed
		if console, err = tty.Listen(name); err != nil {
			return err
		}
		defer console.Close()
		args = append(args, "--console-socket", name)
	}
	if err := m.oci(append(args, "--bundle", m.Bundle, m.ID), files); err != nil {
		return err
	}
	if console != nil {
		if m.master, err = console.Receive(); err != nil {
			return err
		}
		m.streams[0].fd = int(m.master.Fd())
		m.streams[0].terminal = true
	}
	return m.take()
}

// take makes a container that runs the monitor's own.
func (m *Monitor) take() error {
	entry, err := m.root.Entry(m.ID)
	if err != nil {
		return err
	}
	st, err := entry.ReadState()
	if err != nil {
		return err
	}
	m.entry, m.pid, m.group = entry, st.Pid, usage.Of(st)
	if m.pidfd, err = unix.PidfdOpen(st.Pid, 0); err != nil {
		return &fail.Error{Op: "open process of " + m.ID, Cause: err}
	}
	if m.started, err = time.Parse(time.RFC3339Nano, st.Created); err != nil {
		m.started = time.Now()
	}
	if err := m.identify(); err != nil {
		return err
	}
	m.phase = running
	m.note()
	m.stopped, m.again = false, false
	m.startHealth()
	m.arm(st)
	return nil
}

// identify is who watches.
func (m *Monitor) identify() error {
	boot, err := state.BootID()
	if err != nil {
		return err
	}
	start, err := state.StartTime(os.Getpid())
	if err != nil {
		return err
	}
	m.self = record.Monitor{Pid: os.Getpid(), PidStart: start, BootID: boot, Data: m.Data, Policy: m.Settings.Restart.Policy}
	for _, s := range m.streams {
		if s.inode != 0 {
			m.self.Pipes = append(m.self.Pipes, s.inode)
		}
	}
	return record.Announce(m.Root, m.ID, m.Data)
}

// oci runs gt-oci to its end. What it says of a failure comes back with its
// code.
func (m *Monitor) oci(args []string, files [3]int) error {
	log, err := unix.MemfdCreate("gt-oci.log", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(log)
	// The log has the first number that the container does not get.
	at := 3 + m.Preserve
	list := []uintptr{uintptr(files[0]), uintptr(files[1]), uintptr(files[2])}
	for i := range m.Preserve {
		list = append(list, uintptr(m.handed+i))
	}
	list = append(list, uintptr(log))
	argv := []string{"gt-oci", "--root", m.Root, "--log", "/proc/self/fd/" + strconv.Itoa(at), "--log-format", "json"}
	if m.Debug {
		argv = append(argv, "--debug")
	}
	pid, err := syscall.ForkExec(m.Oci, append(argv, args...), &syscall.ProcAttr{Env: Environ(), Files: list})
	if err != nil {
		return &fail.Error{Op: "start " + m.Oci, Cause: err}
	}
	var ws unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	if err == nil && ws == 0 {
		return nil
	}
	if said := lastError(log); said != nil {
		return said
	}
	if ws.Signaled() {
		return fail.New(fail.CodeSystem, "gt-oci was ended by signal %d", ws.Signal())
	}
	return fail.New(fail.CodeSystem, "gt-oci ended with %d", ws.ExitStatus())
}

// lastError finds the last error in gt-oci's log.
func lastError(log int) error {
	text := make([]byte, 64<<10)
	n, err := unix.Pread(log, text, 0)
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSpace(text[:n]), []byte{'\n'})
	for i := len(lines) - 1; i >= 0; i-- {
		var level, msg, code string
		r := json.NewReader(lines[i])
		r.Object(func(name string) {
			switch name {
			case "level":
				level = r.String()
			case "msg":
				msg = r.String()
			case "code":
				code = r.String()
			default:
				r.Skip()
			}
		})
		if r.Err() == nil && level == "error" {
			return fail.New(fail.Code(code), "%s", msg)
		}
	}
	return nil
}

// Environ is the caller's environment for the tools that a monitor starts:
// without what sets up the monitor itself.
func Environ() []string {
	var list []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID":
		default:
			list = append(list, e)
		}
	}
	return list
}

func closeAll(fds []int) {
	for _, fd := range fds {
		if fd > 2 {
			_ = unix.Close(fd)
		}
	}
}

// Inherit says from which number on this process holds what the container gets
// beside 0, 1 and 2.
func (m *Monitor) Inherit(first int) {
	m.handed = first
	for i := range m.Preserve {
		unix.CloseOnExec(first + i)
	}
}
