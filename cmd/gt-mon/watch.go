package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/watch"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// watchOptions are those of the monitor's own process, which nobody types.
type watchOptions struct {
	adopt     bool
	again     bool
	ready     int // descriptor that takes the first word; 0: none
	inherited int // number of the first descriptor that the container gets
	attached  int // descriptor of who is attached from the beginning; 0: nobody
}

func watchVerb(o *tool.Options) func(*tool.Call) error {
	w := &watchOptions{}
	o.Bool(&w.adopt, "adopt", 0, "take over a container that runs")
	o.Bool(&w.again, "again", 0, "start a container again that has ended")
	o.Int(&w.ready, "ready", 0, "FD", "say there that the container runs")
	o.Int(&w.inherited, "inherited", 0, "FD", "first descriptor for the container")
	o.Int(&w.attached, "attached", 0, "FD", "connection of who is attached from the beginning")
	return func(c *tool.Call) error {
		err := w.watch(c.Args[0])
		if err != nil {
			w.say(string(fail.Details(err).Code) + " " + strconv.Quote(err.Error()))
		}
		return err
	}
}

// say answers the launcher once.
func (w *watchOptions) say(line string) {
	if w.ready == 0 {
		return
	}
	_, _ = unix.Write(w.ready, []byte(line+"\n"))
	_ = unix.Close(w.ready)
	w.ready = 0
}

func (w *watchOptions) watch(data string) error {
	if w.ready != 0 {
		unix.CloseOnExec(w.ready)
	}
	if w.attached != 0 {
		unix.CloseOnExec(w.attached)
	}
	lock, s, err := lockData(data)
	if err != nil {
		return err
	}
	defer lock.Close()
	m, err := watch.New(s)
	if err != nil {
		return err
	}
	if m.Oci, err = sibling("gt-oci"); err != nil {
		return err
	}
	if m.Self, err = os.Executable(); err != nil {
		return err
	}
	m.Inherit(w.inherited)
	m.Warn = func(err error) {
		fmt.Fprintf(os.Stderr, "%s gt-mon %s: %v\n", time.Now().UTC().Format(time.RFC3339), s.ID, err)
	}
	m.Ready = func(pid int) {
		notify("READY=1\nMAINPID=" + strconv.Itoa(os.Getpid()) + "\nSTATUS=container " + strconv.Itoa(pid))
	}
	switch {
	case w.adopt:
		err = m.Adopt()
	case w.again:
		err = m.Again()
	default:
		err = m.Start()
	}
	if err != nil {
		_ = os.Remove(data + "/ctl")
		return err
	}
	if w.attached != 0 {
		if err := m.Join(w.attached); err != nil {
			m.Warn(err)
		}
	}
	w.say("ok " + strconv.Itoa(os.Getpid()))
	if err := m.Loop(); err != nil {
		return err
	}
	notify("STOPPING=1")
	return nil
}

// lockData keeps a second monitor away, and reads the settings, which are changed
// behind the lock too. It ends with the process, whose number is in the file.
func lockData(data string) (*os.File, *settings.Settings, error) {
	f, err := os.OpenFile(data+"/lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		leave(f, data)
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err == unix.EWOULDBLOCK {
		err = fail.New(fail.CodeBusy, "%s: another monitor is at work", data)
	}
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%-10d\n", os.Getpid()), 0)
	}
	var s *settings.Settings
	if err == nil {
		s, err = settings.Read(data)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, s, nil
}

// leave waits for a monitor that has told the end, and so listens no more: who
// was told may want the next container watched at once.
func leave(lock *os.File, data string) {
	text := make([]byte, 10)
	n, _ := lock.ReadAt(text, 0) // what is short is no number
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for range 60 {
		if _, err := os.Lstat(data + "/" + control.Socket); err == nil {
			return
		}
		if err := sys.Poll(set, 1000); err != nil || set[0].Revents != 0 {
			return
		}
	}
}

// notify speaks to systemd (sd_notify(3)).
func notify(text string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if strings.HasPrefix(name, "@") {
		name = "\x00" + name[1:]
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, []byte(text), unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: name}); err != nil {
		fmt.Fprintf(os.Stderr, "gt-mon: notify %s: %v\n", name, err)
	}
}
