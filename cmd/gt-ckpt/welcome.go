package main

import (
	"errors"
	"net"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
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
	switch {
	case err != nil:
		_ = line.Say(wire.No, err.Error()) // the error is ours to return
	case r.later != nil:
		err = line.Say(wire.Whole, "")
	default:
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
	if r.from.manifest.Later {
		if err := r.expect(line, how); err != nil {
			return err
		}
		defer r.later.close()
	}
	// Our own descriptors may be the line.
	r.noStdio, r.detach = true, true
	r.hold = func() error {
		if err := line.Say(wire.Ready, ""); err != nil {
			return err
		}
		if r.later != nil {
			return r.later.hold(r.patience)
		}
		return line.HearIn(wire.Go, r.patience)
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if r.later == nil {
		return r.revive()
	}
	if err := r.fitsLater(); err != nil {
		return err
	}
	if err := r.revive(); err != nil {
		return err
	}
	if err := r.complete(line); err != nil {
		err = errors.Join(err, uproot(r.rt, r.id)) // before its pages are zeros
		r.pager.end()
		return err
	}
	return nil
}

// expect makes room for memory that comes later.
func (r *restoring) expect(line *wire.Line, how *image.Opening) (err error) {
	if how.Trusted != nil {
		return fail.Usage("--verify: memory that comes later is not signed, need a migration without --lazy-pages")
	}
	if err := image.Swell(r.from.images); err != nil {
		return err
	}
	if err := r.guard.tell(tellLater, 0); err != nil {
		return err
	}
	r.lazy = true
	r.later, err = newFetch(line, r.from.images)
	return err
}

// complete brings all the memory of a container that runs.
func (r *restoring) complete(line *wire.Line) error {
	if err := line.Say(wire.Done, ""); err != nil {
		return err
	}
	if err := r.later.rest(r.patience); err != nil {
		return err
	}
	if err := r.pager.wait(r.patience); err != nil {
		return err
	}
	return r.guard.tell(tellWhole, 0)
}
