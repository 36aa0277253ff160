package testscripts

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/tty"
)

// A console is an engine's side of a console socket.
type console struct {
	sock   *tty.Listener
	master *os.File
	ready  chan error
}

// console VERB NAME … is the engine at the other end of a terminal:
//
//	console listen NAME            at NAME.sock; what the terminal says is kept in NAME.out
//	console type NAME TEXT…        types the line
//	console resize NAME ROWS COLS  changes the window
//	console hangup NAME            closes it
func consoleDo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: console listen|type|resize|hangup NAME …")
	}
	s, name := sceneOf(ts), args[1]
	if args[0] == "listen" {
		ts.Check(s.listen(ts.MkAbs(name), name))
		return
	}
	c := s.consoles[name]
	if c == nil {
		ts.Fatalf("console %s: nothing listens", name)
	}
	ts.Check(<-c.ready) // closed, and so nil, from the second time on
	switch args[0] {
	case "type":
		_, err := c.master.WriteString(strings.Join(args[2:], " ") + "\n")
		ts.Check(err)
	case "resize":
		rows, err := strconv.ParseUint(args[2], 10, 16)
		ts.Check(err)
		cols, err := strconv.ParseUint(args[3], 10, 16)
		ts.Check(err)
		ts.Check(tty.Resize(c.master, uint16(rows), uint16(cols)))
	case "hangup":
		ts.Check(c.master.Close())
	default:
		ts.Fatalf("console %s: unknown", args[0])
	}
}

func (s *scene) listen(path, name string) error {
	out, err := os.Create(path + ".out")
	if err != nil {
		return err
	}
	sock, err := tty.Listen(path + ".sock")
	if err != nil {
		return err
	}
	c := &console{sock: sock, ready: make(chan error, 1)}
	if s.consoles == nil {
		s.consoles = map[string]*console{}
	}
	s.consoles[name] = c
	go func() {
		defer out.Close()
		err := c.receive()
		c.ready <- err
		close(c.ready)
		if err == nil {
			io.Copy(out, c.master) // ends with EIO when the last slave is closed
		}
	}()
	return nil
}

// receive makes the master non-blocking, so that a hangup ends the reading.
func (c *console) receive() error {
	defer c.sock.Close()
	master, err := c.sock.Receive()
	if err != nil {
		return err
	}
	defer master.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return err
	}
	err = unix.SetNonblock(fd, true)
	c.master = os.NewFile(uintptr(fd), master.Name())
	return err
}
