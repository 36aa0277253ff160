package main

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A relay passes signals to gt-oci once it runs. Before that, those that ask
// for an end stop the preparations.
type relay struct {
	cancel func()
	mu     sync.Mutex
	child  *os.Process
	caught unix.Signal
}

func (r *relay) pass(s unix.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child != nil {
		return r.child.Signal(s)
	}
	switch s {
	case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM:
		if r.caught == 0 {
			r.caught = s
		}
		r.cancel()
	}
	return nil
}

// skip leaves the window to gt-oci if it has the terminal.
func (r *relay) skip(o *options) []unix.Signal {
	if o.ownTerminal() {
		return []unix.Signal{unix.SIGWINCH}
	}
	return nil
}

// start starts gt-oci unless a signal has come before.
func (r *relay) start(do func() (*os.Process, error)) (*os.Process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.caught != 0 {
		return nil, nil
	}
	p, err := do()
	r.child = p
	return p, err
}

func (r *relay) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.child = nil
}

// code is 128+n if signal n ended the preparations, else the given one.
func (r *relay) code(other int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.caught != 0 {
		return exitSignalled + int(r.caught)
	}
	return other
}
