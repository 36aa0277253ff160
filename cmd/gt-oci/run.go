package main

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

func run(o *tool.Options) func(*tool.Call) error {
	m := &makeOptions{}
	m.declare(o)
	var detach, keep, noSubreaper bool
	o.Bool(&detach, "detach", 'd', "do not wait for the end")
	o.Bool(&keep, "keep", 0, "keep the container when its program has ended")
	o.Bool(&noSubreaper, "no-subreaper", 0, "accepted: gt-oci never becomes a subreaper")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if _, err := m.descriptors(); err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			if in.Bundle != "" {
				m.Bundle = in.Bundle
			}
			return nil, runOne(rt, c, in.ID, m, detach, keep)
		})
	}
}

func runOne(rt *container.Runtime, c *tool.Call, id string, m *makeOptions, detach, keep bool) error {
	var proxy *tty.Proxy
	if m.ConsoleSocket == "" && !detach {
		m.Terminal = func(master *os.File) (err error) {
			proxy, err = tty.Attach(master, c.Stdin, c.Stdout)
			return err
		}
	}
	ct, born, err := rt.Run(id, &m.CreateOptions)
	if err == nil && m.pidfdSocket != "" {
		err = sendPidfd(m.pidfdSocket, born.PidFD)
	}
	if err == nil && detach {
		ct.Unlock()
		return nil
	}
	code := 1
	if born != nil {
		code, err = attend(ct, born, proxy, err)
	}
	if proxy != nil {
		if cerr := proxy.Close(); err == nil {
			err = cerr
		}
	}
	if ct != nil && (!keep || err != nil) {
		if derr := ct.Destroy(); err == nil {
			err = derr
		}
	}
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// attend passes signals on and waits for the end.
func attend(ct *container.Container, born *birth.Born, proxy *tty.Proxy, err error) (int, error) {
	ct.Unlock()
	stop := func() {}
	if err == nil {
		var skip []unix.Signal
		if proxy != nil {
			skip = append(skip, unix.SIGWINCH)
		}
		stop = tty.Forward(func(sig unix.Signal) error {
			return unix.PidfdSendSignal(born.PidFD, sig, nil, 0)
		}, skip...)
	}
	code, werr := container.Wait(born.Pid)
	stop()
	if err == nil {
		err = werr
	}
	return code, err
}
