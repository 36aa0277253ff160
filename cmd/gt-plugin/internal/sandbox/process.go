package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/wire"
	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// grace is what a plugin may take to end when its stdin, or its stdout, is closed.
const grace = 2 * time.Second

var started atomic.Int64

// Process is a running plugin.
type Process struct {
	*wire.Conn
	entry *store.Entry
	ct    *container.Container
	born  *birth.Born
	logs  chan struct{} // closed when its stderr is
	ended chan struct{} // closed when it was reaped
	code  int
	once  sync.Once
	oom   bool
}

// pipes are a plugin's three streams: our ends and its own.
type pipes struct{ inR, inW, outR, outW, errR, errW *os.File }

func newPipes() (p pipes, err error) {
	for _, ends := range [][2]**os.File{{&p.inR, &p.inW}, {&p.outR, &p.outW}, {&p.errR, &p.errW}} {
		if *ends[0], *ends[1], err = os.Pipe(); err != nil {
			p.close()
			return p, err
		}
	}
	return p, nil
}

func (p *pipes) close() {
	p.theirs()
	for _, f := range []*os.File{p.inW, p.outR, p.errR} {
		if f != nil {
			f.Close()
		}
	}
}

func (p *pipes) theirs() {
	for _, f := range []*os.File{p.inR, p.outW, p.errW} {
		if f != nil {
			f.Close()
		}
	}
}

// containers is the runtime of the plugins' containers.
func containers(s *store.Store) *container.Runtime {
	return &container.Runtime{Root: s.State(), Silent: true, Warn: func(string, ...any) {}}
}

// Start makes the plugin's container and returns as soon as its program runs.
// What it writes to stderr goes to log.
func Start(s *store.Store, e *store.Entry, log io.Writer) (*Process, error) {
	p, err := newPipes()
	if err != nil {
		return nil, err
	}
	rt := containers(s)
	id := e.Name + "-" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(started.Add(1), 10)
	ct, born, err := rt.Run(id, &container.CreateOptions{
		Bundle: e.Dir, NoKeyring: true, Tied: true, Lean: true,
		Stdio: [3]int{int(p.inR.Fd()), int(p.outW.Fd()), int(p.errW.Fd())},
	})
	if err != nil {
		p.close()
		return nil, fail.New("", "start: %w", err)
	}
	p.theirs()
	run := &Process{Conn: wire.New(p.inW, p.outR), entry: e, ct: ct, born: born, logs: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		_, _ = io.Copy(log, p.errR) // the plugin's own words: nothing hangs on them
		p.errR.Close()
		close(run.logs)
	}()
	go func() {
		run.code, _ = container.Wait(born.Pid)
		if kills, err := ct.Group.OOMKills(); err == nil && kills > 0 {
			run.oom = true
		}
		close(run.ended)
		<-run.Done() // what was in the pipe has been read
		p.outR.Close()
	}()
	return run, nil
}

// Ready initializes and starts the plugin. Both requests are sent before the first
// answer is there, which is a wake-up less for each side.
func (p *Process) Ready(ctx context.Context) error {
	in := plugin.InitializeParams{Protocol: plugin.Version, Config: p.entry.Config}
	initialize, err := p.Send(ctx, plugin.MethodInitialize, in)
	if err != nil {
		return p.Explain(err)
	}
	start, serr := p.Send(ctx, plugin.MethodStart, nil)
	if _, err = initialize.Wait(ctx); err == nil { // which says why, if it has ended
		err = serr
	}
	if err == nil {
		_, err = start.Wait(ctx)
	}
	return p.Explain(err)
}

// Exited is closed when the plugin has ended.
func (p *Process) Exited() <-chan struct{} { return p.ended }

// Pid is the plugin's process.
func (p *Process) Pid() int { return p.born.Pid }

// Explain adds what is known of the plugin's end to an error of a call.
func (p *Process) Explain(err error) error {
	var answered *plugin.Error
	if err == nil || errors.As(err, &answered) {
		return err
	}
	select {
	case <-p.Done():
	default:
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(grace): // it has hung up and lives on
		return err
	}
	switch {
	case p.oom:
		return fail.New(fail.CodeLimit, "%w: the kernel killed it for memory", err)
	case p.code > 128:
		return fail.New("", "%w by signal %d", err, p.code-128)
	case p.code != 0:
		return fail.New("", "%w with exit code %d", err, p.code)
	}
	return err
}

// Finish stops and cleans up a plugin that Ready has started, then ends it. It
// returns the plugin's own complaint.
func (p *Process) Finish(ctx context.Context) error {
	err := p.Call(ctx, plugin.MethodStop, nil, nil)
	if cerr := p.Call(ctx, plugin.MethodCleanup, nil, nil); err == nil {
		err = cerr
	}
	err = p.Explain(err)
	return errors.Join(err, p.End(grace))
}

// Kill ends the plugin without a word.
func (p *Process) Kill() error { return p.End(0) }

// End closes the plugin's stdin, gives it a time to end, kills it, and removes
// its container. Whatever it has forked dies with its PID namespace.
func (p *Process) End(wait time.Duration) (err error) {
	p.once.Do(func() {
		p.CloseWrite()
		if wait > 0 {
			select {
			case <-p.ended:
			case <-time.After(wait):
			}
		}
		_ = unix.PidfdSendSignal(p.born.PidFD, unix.SIGKILL, nil, 0) // ESRCH: it has ended
		<-p.ended
		_ = unix.Close(p.born.PidFD)
		err = p.ct.Destroy()
		<-p.logs
	})
	return err
}

// Sweep removes containers of plugins whose gt-plugin was killed.
func Sweep(s *store.Store) error {
	rt := containers(s)
	names, err := os.ReadDir(s.State())
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, n := range names {
		if !n.IsDir() || n.Name()[0] == '.' || busy(s.State()+"/"+n.Name()) {
			continue
		}
		if derr := rt.Delete(n.Name(), true); derr != nil && err == nil {
			err = derr
		}
	}
	return err
}

// busy: the gt-plugin that runs the plugin holds its container's lock.
func busy(dir string) bool {
	f, err := os.Open(dir + "/lock")
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK
}
