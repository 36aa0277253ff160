package container

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// pluginMark is there while a runtime or security plugin is loaded in this
// state directory. It is all that a create without plugins looks at.
const pluginMark = "/.plugins/create"

// serveSock is where gt-plugin serve listens.
const serveSock = "/.plugins/serve.sock"

// pluginPatience bounds the answer of gt-plugin, which has a deadline of its own
// for each plugin, in seconds.
const pluginPatience = 60

// An inquiry is a question to gt-plugin. It is begun before config.json is read:
// plugins that nobody keeps running start beside us. nil is that of a runtime
// without plugins.
type inquiry struct {
	rt      *Runtime
	sock    int        // -1 until serve is asked
	line    []byte     // the question
	lock    sync.Mutex // of dropped, and of sock while somebody may drop it
	dropped bool
	gone    chan struct{} // closed when a gt-plugin of our own has ended; nil for serve
}

// inquire executes gt-plugin if a plugin is loaded and no gt-plugin serve is there.
func (rt *Runtime) inquire() (*inquiry, error) {
	var st unix.Stat_t
	if err := unix.Stat(rt.Root+pluginMark, &st); err == unix.ENOENT {
		return nil, nil //nolint:nilnil // no plugins are no failure
	} else if err != nil {
		return nil, &os.PathError{Op: "stat", Path: rt.Root + pluginMark, Err: err}
	}
	q := &inquiry{rt: rt, sock: -1}
	if err := unix.Stat(rt.Root+serveSock, &st); err == nil {
		return q, nil
	}
	return q, q.start()
}

// connect reaches gt-plugin serve, where none was started. That comes just before
// the question: serve is woken once for both.
func (q *inquiry) connect() error {
	if q.sock >= 0 {
		return nil
	}
	path := q.rt.Root + serveSock
	sock, err := sys.Dial(path)
	if err == nil {
		q.sock = sock
		return nil
	}
	if err != unix.ENOENT && err != unix.ECONNREFUSED {
		return &fail.Error{Op: "connect to " + path, Cause: err}
	}
	return q.start() // serve was killed, or has just ended
}

// start executes the gt-plugin beside gt-oci.
func (q *inquiry) start() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(pair[1])
	// A clean environment: what the caller has in it is nothing to plugins
	// (CVE-2025-23266). os.StartProcess would first try out what the kernel can.
	defer sys.PlainSlack()()
	pid, err := syscall.ForkExec(filepath.Join(filepath.Dir(self), "gt-plugin"), []string{"gt-plugin", "--root", q.rt.Root, "adjust"},
		&syscall.ProcAttr{Dir: "/", Env: []string{}, Files: []uintptr{uintptr(pair[1]), uintptr(pair[1]), 2}})
	if err != nil {
		_ = unix.Close(pair[0])
		return fail.New(fail.CodeHost, "plugins are loaded, need gt-plugin beside gt-oci: %w", err)
	}
	q.sock, q.gone = pair[0], make(chan struct{})
	go func() {
		_, _ = Wait(pid) // what went wrong is in its answer
		close(q.gone)
	}()
	return nil
}

// send sends the question, one line.
func (q *inquiry) send(line []byte) error {
	if err := q.connect(); err != nil {
		return err
	}
	q.line = line
	err := q.write(line)
	if gone(err) && q.gone == nil {
		return q.resend()
	}
	return err
}

// resend asks a gt-plugin of our own what a serve has not answered that was ended.
func (q *inquiry) resend() error {
	q.lock.Lock()
	defer q.lock.Unlock()
	if q.dropped {
		return unix.ECANCELED
	}
	_ = unix.Close(q.sock)
	q.sock = -1
	if err := q.start(); err != nil {
		return err
	}
	return q.write(q.line)
}

func gone(err error) bool { return err == unix.EPIPE || err == unix.ECONNRESET }

func (q *inquiry) write(line []byte) error {
	limit := unix.Timeval{Sec: pluginPatience}
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(q.sock, unix.SOL_SOCKET, option, &limit); err != nil {
			return err
		}
	}
	for len(line) > 0 {
		n, err := unix.SendmsgN(q.sock, line, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		line = line[n:]
	}
	return nil
}

// answer waits for the answer, one line; nil where nobody was asked.
func (q *inquiry) answer() ([]byte, error) {
	if q == nil {
		return nil, nil
	}
	line := make([]byte, 0, 16<<10)
	for {
		if len(line) > 2*spec.MaxSize {
			return nil, fail.New(fail.CodeLimit, "have an answer of more than %d bytes", 2*spec.MaxSize)
		}
		if len(line) == cap(line) {
			line = append(line, 0)[:len(line)]
		}
		n, err := unix.Read(q.sock, line[len(line):cap(line)])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return nil, fail.New(fail.CodeTimeout, "have no answer after %d seconds", pluginPatience)
		case q.gone == nil && len(line) == 0 && (gone(err) || err == nil && n == 0):
			if err := q.resend(); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case n == 0:
			return nil, fail.New(fail.CodeHook, "it ended without an answer")
		default:
			line = line[:len(line)+n]
			if line[len(line)-1] == '\n' {
				return line, nil
			}
		}
	}
}

// drop takes a question back that has no answer yet: answer returns.
func (q *inquiry) drop() {
	if q == nil {
		return
	}
	q.lock.Lock()
	defer q.lock.Unlock()
	q.dropped = true
	_ = unix.Shutdown(q.sock, unix.SHUT_RDWR) // ENOTCONN: nobody is there to answer
}

// close is the end of it. A gt-plugin of our own goes on ending its plugins beside
// the birth.
func (q *inquiry) close() {
	if q != nil && q.sock >= 0 {
		_ = unix.Close(q.sock)
		q.sock = -1
	}
}

// await returns when a gt-plugin of our own has ended, after close.
func (q *inquiry) await() {
	if q != nil && q.gone != nil {
		<-q.gone
	}
}
