package tty

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// Forward passes the signals that reach this process on to a container, by
// kill, in the order they came. While it is in force none of them ends this
// process, so what has to be undone at exit (Proxy.Close) can be. Those of
// faults, which Go's runtime raises itself, are passed on once the container has
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
// There is one Forward in the life of a process: a signal is not given back to
// Go. stop returns when no call of kill is under way; signals stay caught, since
// the caller is about to exit and still has to tidy up.
func Forward(kill func(unix.Signal) error, skip ...unix.Signal) (stop func(), err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	plain, own := forwarded(skip)
	if err := sys.Catch(ends[1], plain); err != nil {
		return nil, err
	}
	f := &forwarding{kill: kill}
	go f.listen(os.NewFile(uintptr(ends[0]), "signals"))
	rest := time.AfterFunc(settled, func() { f.faults(own) })
	return func() {
		rest.Stop()
		f.mu.Lock()
		f.stopped = true
		f.mu.Unlock()
	}, nil
}

type forwarding struct {
	kill    func(unix.Signal) error
	mu      sync.Mutex
	stopped bool
}

// listen ends with the process: the pipe's other end stays open.
func (f *forwarding) listen(signals *os.File) {
	buf := make([]byte, 64)
	for {
		n, err := signals.Read(buf)
		if err != nil {
			return
		}
		for _, s := range buf[:n] {
			f.pass(unix.Signal(s))
		}
	}
}

func (f *forwarding) pass(s unix.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s != unix.SIGPIPE && !f.stopped {
		_ = f.kill(s)
	}
}

// faults takes the signals that only os/signal can tell from Go's own.
func (f *forwarding) faults(own []os.Signal) {
	incoming := make(chan os.Signal, 16)
	signal.Notify(incoming, own...)
	for s := range incoming {
		f.pass(s.(unix.Signal))
	}
}

// settled is how long a container lives before the signals of faults are
// caught: os/signal takes two thread switches to catch one.
const settled = time.Second

// never are the signals that Forward leaves alone. 32 to 34 are the C
// libraries'; KILL and STOP cannot be caught.
var never = []unix.Signal{
	unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG,
	unix.SIGTTIN, unix.SIGTTOU, 32, 33, 34,
}

const lastSignal = 64

// forwarded splits what is passed on into plain signals and Go's own.
func forwarded(skip []unix.Signal) (plain []unix.Signal, own []os.Signal) {
	for s := unix.Signal(1); s <= lastSignal; s++ {
		switch {
		case slices.Contains(never, s) || slices.Contains(skip, s) || signal.Ignored(s):
		case sys.Own(s):
			own = append(own, s)
		default:
			plain = append(plain, s)
		}
	}
	return plain, own
}
