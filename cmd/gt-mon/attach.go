package main

import (
	"errors"
	"os"
	"os/signal"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// attachment joins our own descriptors to a container's.
type attachment struct {
	c     *tool.Call
	fd    int
	in    bool // stdin is passed on
	keys  int  // of the two that detach, how many came
	buf   []byte
	wake  int
	saved *unix.Termios
}

func attach(o *tool.Options) func(*tool.Call) error {
	noStdin := false
	o.Bool(&noStdin, "no-stdin", 0, "pass nothing on")
	return func(c *tool.Call) error {
		data, err := dataOf(c, c.Args[0])
		if err != nil {
			return err
		}
		// One that is just made again is waited for.
		fd, err := control.Dial(data, "attach")
		if errors.Is(err, control.ErrGone) {
			return gone(c.Args[0])
		}
		if err != nil {
			return err
		}
		return join(c, fd, !noStdin).loop()
	}
}

func join(c *tool.Call, fd int, in bool) *attachment {
	return &attachment{c: c, fd: fd, in: in, buf: make([]byte, control.MaxPacket)}
}

func (a *attachment) loop() error {
	defer a.restore()
	stop, err := a.window()
	if err != nil {
		return err
	}
	defer stop()
	for {
		set := []unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLIN}, {Fd: int32(a.wake), Events: unix.POLLIN}}
		if a.in {
			set = append(set, unix.PollFd{Fd: int32(a.c.Stdin.Fd()), Events: unix.POLLIN})
		}
		if err := sys.Poll(set, -1); err != nil {
			return err
		}
		if set[0].Revents != 0 {
			if done, err := a.packet(); done || err != nil {
				return err
			}
		}
		if set[1].Revents != 0 {
			_, _ = unix.Read(a.wake, a.buf)
			a.resize()
		}
		if a.in && set[2].Revents != 0 && a.input() {
			return nil
		}
	}
}

// window makes a descriptor that tells of a new window.
func (a *attachment) window() (stop func(), err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	a.wake = p[0]
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, unix.SIGWINCH)
	go func() {
		for range changes {
			_, _ = unix.Write(p[1], []byte{0})
		}
	}()
	return func() { signal.Stop(changes); close(changes) }, nil
}

// packet takes one of the monitor's; done is the container's end.
func (a *attachment) packet() (done bool, err error) {
	n, err := control.Read(a.fd, a.buf)
	if err != nil || n == 0 {
		return false, fail.New(fail.CodeBusy, "the monitor hung up: its container went on, or we read too slowly (gt-mon logs has it all)")
	}
	text := a.buf[1:n]
	switch a.buf[0] {
	case control.Done:
		a.begin(text)
	case control.Stdout, control.Terminal:
		_, err = a.c.Stdout.Write(text)
	case control.Stderr:
		_, err = a.c.Stderr.Write(text)
	case control.Refused:
		return true, fail.New(fail.CodeStatus, "%s", text)
	case control.Exit:
		return true, a.ended(text)
	}
	return false, err
}

// begin reads the monitor's status: a terminal makes ours raw.
func (a *attachment) begin(text []byte) {
	terminal, stdin := false, false
	r := json.NewReader(text)
	r.Object(func(name string) {
		switch name {
		case "terminal":
			terminal = r.Bool()
		case "stdin":
			stdin = r.Bool()
		default:
			r.Skip()
		}
	})
	a.in = a.in && (terminal || stdin)
	if !terminal || !a.in {
		return
	}
	fd := int(a.c.Stdin.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return // no terminal of ours
	}
	raw := *before
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	if unix.IoctlSetTermios(fd, unix.TCSETS, &raw) == nil {
		a.saved = before
	}
	a.resize()
}

func (a *attachment) restore() {
	if a.saved != nil {
		_ = unix.IoctlSetTermios(int(a.c.Stdin.Fd()), unix.TCSETS, a.saved)
	}
	_ = unix.Close(a.fd)
}

func (a *attachment) resize() {
	rows, cols, err := tty.Size(a.c.Stdin)
	if err == nil {
		a.send(control.Window, []byte(strconv.Itoa(int(rows))+" "+strconv.Itoa(int(cols))))
	}
}

func (a *attachment) send(kind byte, text []byte) {
	// A monitor that is gone shows itself at the next read.
	_ = unix.Sendto(a.fd, append([]byte{kind}, text...), unix.MSG_NOSIGNAL, nil)
}

// input passes stdin on; ^P ^Q detaches from a terminal.
func (a *attachment) input() (detach bool) {
	buf := make([]byte, 4096)
	n, err := unix.Read(int(a.c.Stdin.Fd()), buf)
	if err == unix.EINTR || err == unix.EAGAIN {
		return false
	}
	if err != nil || n <= 0 {
		a.in = false
		a.send(control.CloseIn, nil)
		return false
	}
	for _, b := range buf[:n] {
		switch {
		case a.saved != nil && b == 'P'-'@' && a.keys == 0:
			a.keys = 1
		case a.saved != nil && b == 'Q'-'@' && a.keys == 1:
			return true
		default:
			a.keys = 0
		}
	}
	if a.keys == 0 {
		a.send(control.Stdin, buf[:n])
	}
	return false
}

// ended returns the container's own code.
func (a *attachment) ended(text []byte) error {
	code := int64(1)
	r := json.NewReader(text)
	r.Object(func(name string) {
		if name == "code" {
			code = r.Int(64)
		} else {
			r.Skip()
		}
	})
	if code == 0 {
		return nil
	}
	return tool.ExitStatus(code)
}
