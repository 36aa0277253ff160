package keep

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// A plugin that ends is started again after a pause that doubles, up to most,
// and begins anew once the plugin has lived for long enough.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 30 * time.Second
	longEnough = time.Minute
)

// kept is one plugin that is kept running. Its entry is held all the time, so
// that an unload waits for it.
type kept struct {
	keeper *Keeper
	held   *store.Held
	stop   context.CancelFunc
	done   chan struct{}
	uses   sync.WaitGroup // calls under way; none begins once it is out of the set

	lock     sync.Mutex
	process  *sandbox.Process // nil while it is down
	up       chan struct{}    // closed when process is there
	last     error            // why it went down
	restarts int
	since    time.Time
}

func (k *Keeper) start(h *store.Held) *kept {
	ctx, cancel := context.WithCancel(context.Background())
	p := &kept{keeper: k, held: h, stop: cancel, done: make(chan struct{}), up: make(chan struct{}), since: time.Now()}
	go func() {
		p.live(ctx)
		h.Release()
		close(p.done)
	}()
	return p
}

// live starts the plugin again and again until ctx is done.
func (p *kept) live(ctx context.Context) {
	log := p.held.Log()
	defer log.Close()
	pause := firstPause
	for ctx.Err() == nil {
		begun := time.Now()
		err := p.once(ctx, log)
		if ctx.Err() != nil {
			if err != nil {
				p.keeper.Warn("plugin %s: %v", p.held.Name, err)
			}
			return
		}
		if time.Since(begun) > longEnough {
			pause = firstPause
		}
		p.down(err)
		p.keeper.failed(p.held.Name, err, pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, mostPause)
	}
}

// once is one life of the plugin.
func (p *kept) once(ctx context.Context, log *store.Log) error {
	run, err := sandbox.Start(p.keeper.Store, p.held.Entry, log)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, p.held.Deadline())
	err = run.Ready(limited)
	cancel()
	if err != nil {
		return errors.Join(err, run.Kill())
	}
	p.lock.Lock()
	p.process, p.since = run, time.Now()
	close(p.up)
	p.lock.Unlock()
	select {
	case <-ctx.Done():
		limited, cancel := context.WithTimeout(context.Background(), p.held.Deadline())
		defer cancel()
		return run.Finish(limited)
	case <-run.Exited():
		<-run.Done() // its pipe is closed by now
	case <-run.Done(): // what it says is no answer
	}
	cause := run.Err()
	if errors.Is(cause, io.EOF) {
		cause = errors.New("it ended")
	}
	err = run.Explain(cause)
	if cerr := run.Kill(); cerr != nil {
		err = errors.Join(err, cerr)
	}
	return err
}

// wait returns when the plugin is up, or has had its time for it.
func (p *kept) wait() {
	p.lock.Lock()
	up := p.up
	p.lock.Unlock()
	select {
	case <-up:
	case <-p.done:
	case <-time.After(p.held.Deadline()):
	}
}

func (p *kept) down(err error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.process != nil {
		p.process, p.up = nil, make(chan struct{})
	}
	p.last, p.since = err, time.Now()
	p.restarts++
}

// ask waits for the plugin to be up, within the deadline of ctx.
func (p *kept) ask(ctx context.Context, method string, params any) (json.RawMessage, error) {
	p.lock.Lock()
	up, last := p.up, p.last
	p.lock.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		if last != nil {
			return nil, fail.New(fail.CodeTimeout, "%s: plugin is down: %w", method, last)
		}
		return nil, fail.New(fail.CodeTimeout, "%s: plugin is not ready within its deadline", method)
	}
	p.lock.Lock()
	run := p.process
	p.lock.Unlock()
	if run == nil {
		return nil, fail.New(fail.CodeHook, "%s: plugin has just ended", method)
	}
	result, err := run.Raw(ctx, method, params)
	err = run.Explain(err)
	var answered *plugin.Error
	if err != nil && !errors.As(err, &answered) {
		return nil, errors.Join(err, run.Kill()) // live starts another one
	}
	return result, err
}

func (p *kept) end() {
	p.uses.Wait()
	p.stop()
	<-p.done
}
