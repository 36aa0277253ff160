// Package systemd asks systemd, over D-Bus, to make, change and end the units
// that hold containers. It speaks only the few calls that this takes: a library
// for all of D-Bus costs the start of every program that links it.
package systemd

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// System stands for the manager of the whole system where a user's is asked for.
const System = -1

// patience with an answer. A unit is made within milliseconds; one that is to
// be stopped was empty before.
const patience = 30 * time.Second

// A Bus is a connection to a manager, by way of a message bus or straight.
type Bus struct {
	fd     int
	direct bool // no bus between: nobody to greet
	serial uint32
	in     []byte
	sent   map[uint32]string // calls under way, to what they are
	jobs   map[string]string // ended jobs, to their results
	until  time.Time
}

const (
	destination = "org.freedesktop.systemd1"
	managerPath = "/org/freedesktop/systemd1"
	managerFace = "org.freedesktop.systemd1.Manager"
)

// Dial connects to the manager of the system, or of the user with this ID in
// the first user namespace. The caller closes the Bus.
func Dial(uid int) (*Bus, error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil && os.Getenv(variable(uid)) == "" {
		return nil, fail.New(fail.CodeHost, "have no systemd as the first process of this host, need it, or the cgroupfs driver")
	}
	var first error
	for _, a := range addresses(uid) {
		b, err := connect(a)
		if err == nil {
			return b, nil
		}
		if first == nil {
			first = err
		}
	}
	e := fail.New(fail.CodeHost, "connect to systemd: %w", first)
	if uid != System {
		if _, err := os.Stat("/run/user/" + strconv.Itoa(uid) + "/systemd"); err != nil {
			e.Hint = "user " + strconv.Itoa(uid) + " has no systemd: sudo loginctl enable-linger " + strconv.Itoa(uid)
		}
	}
	return nil, e
}

func variable(uid int) string {
	if uid == System {
		return "DBUS_SYSTEM_BUS_ADDRESS"
	}
	return "DBUS_SESSION_BUS_ADDRESS"
}

// address is one to try: a socket in the filesystem, or with "@" in front an
// abstract one.
type address struct {
	path   string
	direct bool
}

// addresses: the bus is the way that systemd documents; its own socket is there
// before the bus is, and where none is installed.
func addresses(uid int) []address {
	if list := parseAddress(os.Getenv(variable(uid))); len(list) > 0 {
		return list
	}
	if uid == System {
		return []address{{"/run/dbus/system_bus_socket", false}, {"/run/systemd/private", true}}
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if _, err := os.Stat(dir + "/systemd"); dir == "" || err != nil {
		dir = "/run/user/" + strconv.Itoa(uid)
	}
	return []address{{dir + "/bus", false}, {dir + "/systemd/private", true}}
}

// parseAddress reads a D-Bus address: unix:path=P,guid=G;unix:abstract=A.
func parseAddress(text string) []address {
	var list []address
	for _, one := range strings.Split(text, ";") {
		keys, ok := strings.CutPrefix(one, "unix:")
		if !ok {
			continue
		}
		for _, pair := range strings.Split(keys, ",") {
			if path, ok := strings.CutPrefix(pair, "path="); ok {
				list = append(list, address{unescape(path), false})
			} else if name, ok := strings.CutPrefix(pair, "abstract="); ok {
				list = append(list, address{"@" + unescape(name), false})
			}
		}
	}
	return list
}

// unescape: %2c is a comma.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func connect(a address) (*Bus, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	b := &Bus{fd: fd, direct: a.direct, sent: map[uint32]string{}, jobs: map[string]string{}, until: time.Now().Add(patience)}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: a.path}); err != nil {
		b.Close()
		return nil, &fail.Error{Path: a.path, Cause: err}
	}
	if err := b.greet(); err != nil {
		b.Close()
		return nil, &fail.Error{Path: a.path, Cause: err}
	}
	return b, nil
}

// Close ends the connection.
func (b *Bus) Close() { _ = unix.Close(b.fd) }

// greet authenticates. No identity is named, so that the peer takes the one
// that the socket has: from within a user namespace ours would not be its.
func (b *Bus) greet() error {
	if err := b.write([]byte("\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n")); err != nil {
		return err
	}
	for {
		end := bytes.Index(b.in, []byte("\r\n"))
		if end < 0 {
			if len(b.in) > 4096 {
				return fail.New(fail.CodeInput, "have no end of line in %d bytes of the handshake, need one", len(b.in))
			}
			if err := b.fill(); err != nil {
				return err
			}
			continue
		}
		line := string(b.in[:end])
		b.in = b.in[end+2:]
		switch {
		case strings.HasPrefix(line, "OK "):
			return b.attend()
		case line == "DATA":
		default:
			return fail.New(fail.CodePermission, "the bus says %q to our credentials, need OK", line)
		}
	}
}

// attend asks for what is heard of jobs. The answers are not waited for: they
// come before that of the call which is.
func (b *Bus) attend() error {
	if b.direct {
		return nil
	}
	bus := call{to: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", face: "org.freedesktop.DBus"}
	hello, match := bus, bus
	hello.member = "Hello"
	match.member, match.args = "AddMatch", []Value{String("type='signal',sender='" + destination + "',path='" + managerPath + "',interface='" + managerFace + "',member='JobRemoved'")}
	for _, c := range []*call{&hello, &match} {
		if _, err := b.send(c); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) send(c *call) (uint32, error) {
	b.serial++
	b.sent[b.serial] = c.member
	return b.serial, b.write(c.encode(b.serial))
}

// ask sends a call and waits for its answer.
func (b *Bus) ask(c *call) (*message, error) {
	if c.to == "" && !b.direct {
		c.to = destination
	}
	b.until = time.Now().Add(patience)
	n, err := b.send(c)
	if err != nil {
		return nil, err
	}
	for {
		m, err := b.next()
		if err != nil {
			return nil, err
		}
		if m.replyTo == n && m.kind == kindReply {
			return m, nil
		}
	}
}

// A Refusal is what a manager or a bus answered instead of doing it.
type Refusal struct{ Name, Text string }

// Error is the text of the other side.
func (r *Refusal) Error() string {
	if r.Text == "" {
		return r.Name
	}
	return r.Text
}

// Refused tells whether an error is a refusal of this name, such as NoSuchUnit.
func Refused(err error, name string) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Name == destination+"."+name
}

// next takes a message. A call that is refused, waited for or not, is an error;
// the end of a job is noted.
func (b *Bus) next() (*message, error) {
	m, err := b.receive()
	if err != nil {
		return nil, err
	}
	r := &reader{b: m.body}
	switch {
	case m.kind == kindError && b.sent[m.replyTo] != "":
		return nil, &Refusal{Name: m.name, Text: r.text()}
	case m.kind == kindSignal && m.member == "JobRemoved":
		r.u32()
		job, _, result := r.text(), r.text(), r.text()
		if err := r.err(); err != nil {
			return nil, err
		}
		b.jobs[job] = result
	}
	if m.kind == kindReply {
		delete(b.sent, m.replyTo)
	}
	return m, nil
}

func (b *Bus) receive() (*message, error) {
	for {
		if len(b.in) >= headSize {
			n, err := size(b.in)
			if err != nil {
				return nil, err
			}
			if len(b.in) >= n {
				m, err := decode(b.in[:n])
				b.in = b.in[n:]
				return m, err
			}
		}
		if err := b.fill(); err != nil {
			return nil, err
		}
	}
}

// fill waits for more bytes.
func (b *Bus) fill() error {
	for {
		left := int(time.Until(b.until).Milliseconds())
		if left <= 0 {
			return fail.New(fail.CodeTimeout, "have no answer of systemd after %d s", int(patience.Seconds()))
		}
		fds := []unix.PollFd{{Fd: int32(b.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, left)
		if err == unix.EINTR || err == nil && n == 0 {
			continue
		}
		if err != nil {
			return err
		}
		buf := make([]byte, 4096)
		n, err = unix.Read(b.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			return fail.New(fail.CodeHost, "the other side has closed the connection, need an answer")
		}
		b.in = append(b.in, buf[:max(n, 0)]...)
		return err
	}
}

func (b *Bus) write(p []byte) error {
	for len(p) > 0 {
		n, err := unix.SendmsgN(b.fd, p, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
