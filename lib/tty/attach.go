package tty

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A Proxy joins the user's terminal to a container's.
//
//	in ──(raw)──► input goroutine ──► master ──► output goroutine ──► out
//	                    ▲                                ▲
//	                    └── wake (eventfd): Close ───────┘
//
// in and out are shared with whoever started us, so their file status flags
// are left alone; only the master is made non-blocking.
type Proxy struct {
	master   *os.File
	files    [2]*os.File // in and out, kept from being collected
	in, out  int
	window   *os.File // the terminal whose size counts, nil if there is none
	raw      *raw
	wake     int
	users    atomic.Int32 // of wake: two goroutines and Close
	signals  chan os.Signal
	copied   chan struct{} // closed when the output goroutine is done
	followed chan struct{} // closed when the signal goroutine is done
	outErr   error         // of the output goroutine, read after copied
	close    func() error
}

// Attach puts in into raw mode if it is a terminal, gives the master the
// window size of in or else of out, and copies both ways until Close. The size
// is followed by SIGWINCH; after SIGCONT the raw mode is set again, because a
// shell resets it when its job is stopped. An end of in, such as that of a
// pipe, becomes the terminal's own end-of-file character.
//
// The master is the Proxy's until Close, which does not close it; in and out
// stay the caller's. The terminal is restored by Close alone: a signal that
// ends this process before leaves it raw, so the caller has Forward in force
// from before Attach until after Close. Only SIGKILL cannot be helped.
func Attach(master, in, out *os.File) (*Proxy, error) {
	p := &Proxy{
		master: master, files: [2]*os.File{in, out},
		signals: make(chan os.Signal, 1), copied: make(chan struct{}), followed: make(chan struct{}),
	}
	p.close = sync.OnceValue(p.shut)
	p.users.Store(3)
	fd, own, err := p.open()
	if err != nil {
		return nil, fmt.Errorf("attach terminal: %w", err)
	}
	signal.Notify(p.signals, unix.SIGWINCH, unix.SIGCONT)
	if err := p.start(); err != nil {
		signal.Stop(p.signals)
		unix.Close(own)
		unix.Close(p.wake)
		return nil, err
	}
	go p.follow()
	go p.output(fd)
	go p.input(own)
	return p, nil
}

// Close copies what the container has written so far to out, stops copying and
// restores the terminal. Its error is that of writing to out or of restoring.
func (p *Proxy) Close() error { return p.close() }

// open finds the numbers, and gives the input goroutine a master of its own:
// it can be stuck in a read that another reader of the terminal has emptied,
// and must not find somebody else's file under the number then.
func (p *Proxy) open() (fd, own int, err error) {
	for _, f := range []struct {
		file *os.File
		fd   *int
	}{{p.master, &fd}, {p.files[0], &p.in}, {p.files[1], &p.out}} {
		if err := control(f.file, func(n int) error { *f.fd = n; return nil }); err != nil {
			return -1, -1, err
		}
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return -1, -1, err
	}
	if own, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3); err != nil {
		return -1, -1, err
	}
	if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(own)
		return -1, -1, err
	}
	return fd, own, nil
}

func (p *Proxy) start() (err error) {
	for _, f := range p.files {
		if p.window == nil && Is(f) {
			p.window = f
		}
	}
	if err := p.resize(); err != nil {
		return err
	}
	p.raw, err = makeRaw(p.files[0])
	return err
}

func (p *Proxy) resize() error {
	if p.window == nil {
		return nil
	}
	rows, cols, err := Size(p.window)
	if err != nil {
		return err
	}
	return Resize(p.master, rows, cols)
}

func (p *Proxy) follow() {
	defer close(p.followed)
	for s := range p.signals {
		// The user's terminal may have gone (SIGHUP follows): nothing is left to follow then.
		if s == unix.SIGCONT && p.raw != nil {
			_ = p.raw.apply()
		}
		_ = p.resize()
	}
}

func (p *Proxy) shut() error {
	signal.Stop(p.signals)
	close(p.signals)
	<-p.followed
	wakeUp(p.wake)
	<-p.copied
	p.release()
	err := p.outErr
	if p.raw != nil {
		err = errors.Join(err, p.raw.restore())
	}
	return err
}

func (p *Proxy) release() {
	if p.users.Add(-1) == 0 {
		unix.Close(p.wake)
	}
}
