package watch

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// A client is one connection to the socket.
type client struct {
	m        *Monitor
	fd       int
	does     func(int16)
	asked    bool
	attached bool
	waits    bool // for the last end
	restarts bool // waits for the next start
}

func (m *Monitor) accept(int16) {
	fd, _, err := unix.Accept4(m.listen, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return
	}
	c := &client{m: m, fd: fd}
	c.does = c.ready
	m.clients = append(m.clients, c)
}

// Join takes a connection that is attached to a container which was just started:
// it has all output, since the loop has read none yet.
func (m *Monitor) Join(fd int) error {
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	c := &client{m: m, fd: fd, asked: true, attached: true}
	c.does = c.ready
	m.clients = append(m.clients, c)
	c.send(control.Done, m.status())
	return nil
}

func (c *client) ready(int16) {
	n, err := unix.Read(c.fd, c.m.buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case err != nil || n == 0:
		c.close()
	case !c.asked:
		c.asked = true
		c.question(string(c.m.buf[:n]))
	case c.attached:
		c.input(c.m.buf[0], c.m.buf[1:n])
	}
}

func (c *client) close() {
	_ = unix.Close(c.fd)
	// A new list: the loop that called may be walking the old one.
	var others []*client
	for _, o := range c.m.clients {
		if o != c {
			others = append(others, o)
		}
	}
	c.m.clients = others
}

// send drops a client that does not take it: the container waits for nobody.
func (c *client) send(kind byte, text []byte) {
	packet := append(append(make([]byte, 0, 1+len(text)), kind), text...)
	if err := unix.Sendto(c.fd, packet, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, nil); err != nil {
		c.close()
	}
}

func (c *client) refuse(text string) {
	c.send(control.Refused, []byte(text))
	c.close()
}

func (c *client) question(text string) {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "status":
		c.send(control.Done, c.m.status())
		c.close()
	case "wait":
		c.waits = true
	case "stop", "restart":
		c.ask(word, rest)
	case "policy":
		if err := c.m.follow(rest); err != nil {
			c.refuse(err.Error())
			return
		}
		c.send(control.Done, nil)
		c.close()
	case "attach":
		if c.m.pidfd < 0 {
			c.refuse("container is " + c.m.phase + ", need running")
			return
		}
		c.attached = true
		c.send(control.Done, c.m.status())
	default:
		c.refuse("unknown question " + strconv.Quote(word))
	}
}

// ask is stop or restart with a time in milliseconds, -1 for the container's own.
func (c *client) ask(word, rest string) {
	ms, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		c.refuse("have no time, need milliseconds")
		return
	}
	after := time.Duration(ms) * time.Millisecond
	if ms < 0 {
		after = c.m.StopTimeout
	}
	if word == "restart" {
		c.restarts = true
		c.m.again = true
		if c.m.phase == waiting {
			c.m.after(startAt, 0)
			return
		}
		c.m.stop(after)
		return
	}
	c.waits, c.m.again = true, false
	c.m.stop(after)
}

// input is what an attached client sends.
func (c *client) input(kind byte, text []byte) {
	m := c.m
	switch {
	case kind == control.Window && m.master != nil:
		rows, cols, _ := strings.Cut(string(text), " ")
		r, rerr := strconv.ParseUint(rows, 10, 16)
		w, werr := strconv.ParseUint(cols, 10, 16)
		if rerr == nil && werr == nil {
			if err := tty.Resize(m.master, uint16(r), uint16(w)); err != nil {
				m.Warn(err)
			}
		}
	case kind == control.Stdin && m.master != nil:
		_, _ = m.master.Write(text)
	case kind == control.Stdin && m.stdin >= 0:
		// A container that does not read loses what the pipe cannot hold.
		_, _ = unix.Write(m.stdin, text)
	case kind == control.Signal && m.pidfd >= 0:
		n, err := strconv.Atoi(string(text))
		if err == nil {
			err = unix.PidfdSendSignal(m.pidfd, unix.Signal(n), nil, 0)
		}
		if err != nil && err != unix.ESRCH {
			m.Warn(err)
		}
	case kind == control.CloseIn && m.stdin >= 0:
		_ = unix.Close(m.stdin)
		m.stdin = -1
	}
}

// status is what the monitor knows.
func (m *Monitor) status() []byte {
	var w json.Writer
	w.Value(map[string]any{
		"id": m.ID, "phase": m.phase, "pid": m.pid, "monitor": os.Getpid(), "restarts": m.retry.Count, "restart": m.Settings.Restart.Policy,
		"health": m.probe.status, "terminal": m.Terminal, "logLost": m.log.Lost, "stdin": m.Stdin,
	})
	return w.Bytes()
}

// farewell tells the end to who waits for it.
func (m *Monitor) farewell() {
	_ = unix.Unlink(m.Data + "/" + control.Socket)
	_ = unix.Close(m.listen)
	for _, c := range m.clients {
		if (c.waits || c.attached || c.restarts) && m.Exit != nil {
			c.send(control.Exit, m.Exit.JSON())
		}
	}
}
