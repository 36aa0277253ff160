package tty

import (
	"os"
	"os/signal"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// Forward passes the signals that reach this process on to a container, by
// kill, in the order they came. While it is in force none of them ends this
// process, so what has to be undone at exit (Proxy.Close) can be.
//
// Not passed on: SIGCHLD and SIGURG (the kernel's and the Go runtime's own
// business), SIGPIPE (about our own descriptors; caught, so that a write fails
// with EPIPE instead of ending us), SIGTTIN and SIGTTOU (job control between us
// and our shell: they stop us, as they should), what we were told to ignore
// (nohup(1) does so with SIGHUP), and those in skip: SIGWINCH, if a Proxy
// follows the window.
//
// An error of kill is dropped: the container may be gone, which its parent
// learns from the pidfd. Start Forward before the container, with a Relay that
// keeps what comes before there is a process, and stop it after Proxy.Close.
// stop restores the default actions and returns when no call of kill is under
// way.
func Forward(kill func(unix.Signal) error, skip ...unix.Signal) (stop func()) {
	incoming := make(chan os.Signal, 64)
	done := make(chan struct{})
	signal.Notify(incoming, forwarded(skip)...)
	go func() {
		defer close(done)
		for s := range incoming {
			if s == unix.SIGPIPE {
				continue
			}
			_ = kill(s.(unix.Signal))
		}
	}()
	return sync.OnceFunc(func() {
		signal.Stop(incoming)
		close(incoming)
		<-done
	})
}

// never are the signals that Forward leaves alone. 32 to 34 are the C
// libraries'; KILL and STOP cannot be caught.
var never = []unix.Signal{
	unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG,
	unix.SIGTTIN, unix.SIGTTOU, 32, 33, 34,
}

const lastSignal = 64

func forwarded(skip []unix.Signal) []os.Signal {
	var all []os.Signal
	for s := unix.Signal(1); s <= lastSignal; s++ {
		if !slices.Contains(never, s) && !slices.Contains(skip, s) && !signal.Ignored(s) {
			all = append(all, s)
		}
	}
	return all
}
