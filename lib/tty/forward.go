package tty

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Forward passes the signals that reach this process on to a container, by
// kill, in the order they came. While it is in force none of them ends this
// process, so what has to be undone at exit (Proxy.Close) can be. To catch a
// signal costs some 30 µs, so the rare ones are caught once the container has
// lived for settled; until then they do to this process what they always do.
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
// stop returns when no call of kill is under way; signals stay caught, since
// the caller is about to exit and still has to tidy up.
func Forward(kill func(unix.Signal) error, skip ...unix.Signal) (stop func()) {
	incoming := make(chan os.Signal, 64)
	var mu sync.Mutex
	stopped := false
	signal.Notify(incoming, forwarded(usual, skip)...)
	rest := time.AfterFunc(settled, func() { signal.Notify(incoming, forwarded(everything(), skip)...) })
	go func() {
		for s := range incoming {
			mu.Lock()
			if s != unix.SIGPIPE && !stopped {
				_ = kill(s.(unix.Signal))
			}
			mu.Unlock()
		}
	}()
	return func() {
		rest.Stop()
		mu.Lock()
		stopped = true
		mu.Unlock()
	}
}

// settled is how long a container lives before the signals that are not usual
// are caught: 50 more cost 2 ms, a fifth of a short container's life.
const settled = 50 * time.Millisecond

// usual are the signals that people and supervisors send.
var usual = []unix.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2,
	unix.SIGPIPE, unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH,
}

// never are the signals that Forward leaves alone. 32 to 34 are the C
// libraries'; KILL and STOP cannot be caught.
var never = []unix.Signal{
	unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG,
	unix.SIGTTIN, unix.SIGTTOU, 32, 33, 34,
}

const lastSignal = 64

func everything() []unix.Signal {
	all := make([]unix.Signal, lastSignal)
	for i := range all {
		all[i] = unix.Signal(i + 1)
	}
	return all
}

func forwarded(of, skip []unix.Signal) []os.Signal {
	var list []os.Signal
	for _, s := range of {
		if !slices.Contains(never, s) && !slices.Contains(skip, s) && !signal.Ignored(s) {
			list = append(list, s)
		}
	}
	return list
}
