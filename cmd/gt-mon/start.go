package main

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// starting is the command line of start.
type starting struct {
	attach, noStdin bool
}

// startAgain starts the container of a data directory, of which no state is left,
// or that of an ended one.
func startAgain(o *tool.Options) func(*tool.Call) error {
	st := &starting{}
	o.Bool(&st.attach, "attach", 'a', "stay attached, pass signals on, and return the container's code")
	o.Bool(&st.noStdin, "no-stdin", 0, "with --attach, pass nothing on")
	return func(c *tool.Call) error {
		s, err := settings.Read(c.Args[0])
		if err != nil {
			return err
		}
		if s.Root != c.Root {
			return fail.New(fail.CodeStatus, "state directory is %s, need %s", c.Root, s.Root)
		}
		if st.noStdin && !st.attach {
			return fail.Usage("--no-stdin: have no --attach, need it")
		}
		b := &birth{data: s.Data}
		if _, _, err := find(c, s.ID); err == nil {
			b.how = "--again"
		}
		if !st.attach {
			return launch(c, b)
		}
		return attached(c, b, !st.noStdin)
	}
}

// attached starts a monitor to which we are attached before the container says its
// first word.
func attached(c *tool.Call, b *birth, in bool) error {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	a := join(c, ends[0], in)
	before := &tty.Relay{}
	// Caught before there is a container: what comes too early is kept.
	if _, err := tty.Forward(before.Pass, unix.SIGWINCH); err != nil {
		return err
	}
	b.attached = ends[1]
	err = launch(c, b)
	_ = unix.Close(ends[1])
	if err != nil {
		a.restore()
		return refused(c, err)
	}
	before.To(func(s unix.Signal) error {
		a.send(control.Signal, []byte(strconv.Itoa(int(s))))
		return nil
	})
	return a.loop()
}

// refused has the codes of gt-run for a container that does not start.
func refused(c *tool.Call, err error) error {
	code := 125
	switch fail.Details(err).Code {
	case fail.CodeExec:
		code = 126
	case fail.CodeExecNoSuch:
		code = 127
	}
	fmt.Fprintf(c.Stderr, "gt-mon: start %s: %v\n", c.Args[0], err)
	return tool.ExitStatus(code)
}
