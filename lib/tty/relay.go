package tty

import (
	"sync"

	"golang.org/x/sys/unix"
)

// A Relay keeps signals until there is a process to send them to, so that
// Forward can be in force before the container is: a ^C during its birth must
// not end the parent and leave half a container. The zero Relay is ready.
type Relay struct {
	mu   sync.Mutex
	kill func(unix.Signal) error
	kept []unix.Signal
}

// Pass is for Forward.
func (r *Relay) Pass(s unix.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kill == nil {
		r.kept = append(r.kept, s)
		return nil
	}
	return r.kill(s)
}

// To sends what was kept, and from then on every signal, by kill. The errors
// of what was kept are dropped, as Forward's are.
func (r *Relay) To(kill func(unix.Signal) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kill = kill
	for _, s := range r.kept {
		_ = kill(s)
	}
	r.kept = nil
}
