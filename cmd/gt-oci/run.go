package main

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// runOptions are the options of run beside those of create.
type runOptions struct {
	makeOptions
	detach, keep bool
	proxy        *tty.Proxy
}

func run(o *tool.Options) func(*tool.Call) error {
	r := &runOptions{}
	r.declare(o)
	var noSubreaper bool
	o.Bool(&r.detach, "detach", 'd', "do not wait for the end")
	o.Bool(&r.keep, "keep", 0, "keep the container when its program has ended")
	o.Bool(&noSubreaper, "no-subreaper", 0, "accepted: gt-oci never becomes a subreaper")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if _, err := r.descriptors(); err != nil {
			return err
		}
		if r.ConsoleSocket == "" && !r.detach {
			r.Terminal = func(master *os.File) (err error) {
				r.proxy, err = tty.Attach(master, c.Stdin, c.Stdout)
				return err
			}
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			if in.Bundle != "" {
				r.Bundle = in.Bundle
			}
			return nil, r.one(rt, in.ID)
		})
	}
}

// one passes signals on from the moment the process has its plan until the terminal
// is restored, so that none ends gt-oci in between. One that ends it before
// leaves what gc removes.
func (r *runOptions) one(rt *container.Runtime, id string) error {
	var relay tty.Relay
	var skip []unix.Signal
	if r.Terminal != nil {
		skip = append(skip, unix.SIGWINCH)
	}
	if !r.detach {
		r.Sent = func() error {
			_, err := tty.Forward(relay.Pass, skip...)
			return err
		}
	}
	ct, born, err := rt.Run(id, &r.CreateOptions)
	if err == nil && r.pidfdSocket != "" {
		err = sendPidfd(r.pidfdSocket, born.PidFD)
	}
	if err == nil && r.detach {
		ct.Unlock()
		return nil
	}
	code := 1
	if born != nil {
		ct.Unlock()
		relay.To(func(sig unix.Signal) error { return unix.PidfdSendSignal(born.PidFD, sig, nil, 0) })
		code, err = end(born, err)
	}
	if r.proxy != nil {
		if cerr := r.proxy.Close(); err == nil {
			err = cerr
		}
	}
	if ct != nil && (!r.keep || err != nil) {
		if derr := ct.Clean(); err == nil {
			err = derr
		}
	}
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// end waits for the program, and keeps what went wrong before.
func end(born *birth.Born, err error) (int, error) {
	code, werr := container.Wait(born.Pid)
	if err == nil {
		err = werr
	}
	return code, err
}
