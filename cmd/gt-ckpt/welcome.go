package main

import (
	"net"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// answer is the far side of a migration.
func (r *restoring) answer(listen string) error {
	if listen == "" {
		return r.welcome(r.call.Stdin, r.call.Stdout)
	}
	kind, at, err := address("--listen", listen)
	if err != nil {
		return err
	}
	l, err := net.Listen(kind, at)
	if err != nil {
		return &fail.Error{Code: fail.CodeHost, Op: "--listen " + listen, Cause: err}
	}
	conn, err := l.Accept()
	_ = l.Close()
	if err != nil {
		return err
	}
	f, err := file(conn)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.welcome(f, f)
}

// welcome takes a container in. Until the other side says go nothing of it
// runs, and if that side ends instead, nothing of it is left.
func (r *restoring) welcome(in, out *os.File) error {
	// A source that has gone is an error of the line, not this process's end.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	line := wire.New(in, out)
	err := r.takeIn(line, in, out)
	if err != nil {
		_ = line.Say(wire.No, err.Error()) // the error is ours to return
	} else {
		err = line.Say(wire.Done, "")
	}
	r.guard.end()
	return err
}

func (r *restoring) takeIn(line *wire.Line, in, out *os.File) error {
	how, err := r.opening()
	if err != nil {
		return err
	}
	if r.from, err = receiveStream(line.Body(), how); err != nil {
		return err
	}
	defer r.from.close()
	if err := r.settle(r.from); err != nil {
		return err
	}
	if r.guard, err = newGuard(r.call, [2]*os.File{in, out}, r.from.draft.Lock(), "far", r.id, r.from.dir, r.patience.String()); err != nil {
		return err
	}
	// Our own descriptors may be the line.
	r.noStdio, r.detach = true, true
	r.hold = func() error {
		if err := line.Say(wire.Ready, ""); err != nil {
			return err
		}
		return line.HearIn(wire.Go, r.patience)
	}
	if err := r.prepare(); err != nil {
		return err
	}
	return r.revive()
}
