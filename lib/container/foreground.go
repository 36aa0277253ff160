package container

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// A Foreground is a container whose parent waits for its end.
type Foreground struct {
	*CreateOptions
	Detach  bool // do not wait after all
	Keep    bool // the container, at its end
	In, Out *os.File
	Ended   func() error // is called between the program's end and the container's; nil: nobody

	proxy *tty.Proxy
}

// Run makes the container, joins a terminal of it to In and Out, waits for the
// end and returns the program's code. The code means nothing beside an error.
//
// Signals are passed on from the moment the process has its plan until the
// terminal is restored, so that none ends the caller in between. One that ends it
// before leaves what Collect removes.
func (f *Foreground) Run(rt *Runtime, id string) (int, error) {
	var relay tty.Relay
	var skip []unix.Signal
	if f.ConsoleSocket == "" && !f.Detach {
		f.Terminal = func(master *os.File) (err error) {
			f.proxy, err = tty.Attach(master, f.In, f.Out)
			return err
		}
		skip = append(skip, unix.SIGWINCH)
	}
	if !f.Detach {
		f.Sent = func() error {
			_, err := tty.Forward(relay.Pass, skip...)
			return err
		}
	}
	ct, born, err := rt.Run(id, f.CreateOptions)
	if err == nil && f.Detach {
		ct.Unlock()
		return 0, nil
	}
	code := 1
	if born != nil {
		ct.Unlock()
		relay.To(func(sig unix.Signal) error { return unix.PidfdSendSignal(born.PidFD, sig, nil, 0) })
		code, err = end(born, err)
	}
	if f.proxy != nil {
		if cerr := f.proxy.Close(); err == nil {
			err = cerr
		}
	}
	if f.Ended != nil && ct != nil {
		if eerr := f.Ended(); err == nil {
			err = eerr
		}
	}
	if ct != nil && (!f.Keep || err != nil) {
		if derr := ct.Clean(); err == nil {
			err = derr
		}
	}
	return code, err
}

// end waits for the program, and keeps what went wrong before.
func end(born *birth.Born, err error) (int, error) {
	code, werr := Wait(born.Pid)
	if err == nil {
		err = werr
	}
	return code, err
}
