// Package keep keeps loaded plugins running and answers for them on a socket:
// gt-plugin serve.
package keep

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/feed"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Keeper has one kept process for each loaded plugin.
type Keeper struct {
	Store *store.Store
	Warn  func(format string, args ...any)

	sync       sync.Mutex // one Sync at a time
	lock       sync.RWMutex
	plugins    map[string]*kept
	feeds      map[string]*feed.Feed
	generation string
}

// New keeps nothing yet.
func New(s *store.Store, warn func(string, ...any)) *Keeper {
	return &Keeper{Store: s, Warn: warn, plugins: map[string]*kept{}, feeds: map[string]*feed.Feed{}, generation: "?"}
}

// Sync starts what was loaded and ends what was unloaded since the last one. It
// returns when the ended ones are gone and the started ones are up, or have had
// their time for it.
func (k *Keeper) Sync() error {
	k.sync.Lock()
	defer k.sync.Unlock()
	generation := k.Store.Generation()
	if generation == k.generation {
		return nil
	}
	held, err := k.Store.Snapshot(func(*store.Record) bool { return true })
	if err != nil {
		return err
	}
	fresh, ending := k.swap(held)
	for _, p := range ending {
		k.unfollow(p.held.Name)
	}
	for _, p := range ending {
		p.end()
	}
	for _, p := range fresh {
		k.follow(p)
	}
	for _, p := range fresh {
		p.wait()
	}
	k.generation = generation
	return nil
}

// swap makes held the set of kept plugins; it ends none, since that takes time.
func (k *Keeper) swap(held []*store.Held) (fresh, ending []*kept) {
	k.lock.Lock()
	defer k.lock.Unlock()
	before := k.plugins
	k.plugins = map[string]*kept{}
	for _, h := range held {
		if old := before[h.Name]; old != nil && old.held.Loaded == h.Loaded {
			h.Release()
			k.plugins[h.Name] = old
			continue
		}
		p := k.start(h)
		k.plugins[h.Name] = p
		fresh = append(fresh, p)
	}
	for name, p := range before {
		if k.plugins[name] != p {
			ending = append(ending, p)
		}
	}
	return fresh, ending
}

// follow delivers events to a plugin that asked for some.
func (k *Keeper) follow(p *kept) {
	if len(p.held.Info.Events) == 0 {
		return
	}
	k.feeds[p.held.Name] = feed.Start(k.Store.Root, p.held.Entry, func(ctx context.Context, ev plugin.PluginEvent) error {
		_, err := p.ask(ctx, plugin.MethodEvent, ev)
		return err
	}, k.Warn)
}

func (k *Keeper) unfollow(name string) {
	if f := k.feeds[name]; f != nil {
		f.Stop()
		delete(k.feeds, name)
	}
}

// A Use is a set of kept plugins as they were at one moment; none of them is
// ended before Done.
type Use struct{ plugins map[string]*kept }

// Use takes those for which want is true.
func (k *Keeper) Use(want func(*store.Record) bool) *Use {
	k.lock.RLock()
	defer k.lock.RUnlock()
	u := &Use{map[string]*kept{}}
	for name, p := range k.plugins {
		if want(p.held.Record) {
			p.uses.Add(1)
			u.plugins[name] = p
		}
	}
	return u
}

// Done lets the plugins go.
func (u *Use) Done() {
	for _, p := range u.plugins {
		p.uses.Done()
	}
}

// Entries are the plugins, in no order.
func (u *Use) Entries() []*store.Entry {
	var list []*store.Entry
	for _, p := range u.plugins {
		list = append(list, p.held.Entry)
	}
	return list
}

// Ask calls one of them.
func (u *Use) Ask(ctx context.Context, e *store.Entry, method string, params any) (json.RawMessage, error) {
	p := u.plugins[e.Name]
	if p == nil {
		return nil, fail.New(fail.CodeNoSuch, "plugin %s is not loaded", e.Name)
	}
	return p.ask(ctx, method, params)
}

// failed reports a plugin that went down, in the log of events and in ours.
func (k *Keeper) failed(name string, err error, pause time.Duration) {
	k.Warn("plugin %s: %v; again in %v", name, err, pause)
	if err == nil {
		err = errors.New("ended")
	}
	if err := event.Append(k.Store.Root, event.New("plugin.fail", name, "reason", err.Error())); err != nil {
		k.Warn("append to the event log: %v", err)
	}
}

// Close ends all plugins, at the same time.
func (k *Keeper) Close() error {
	k.sync.Lock()
	defer k.sync.Unlock()
	for name := range k.feeds {
		k.unfollow(name)
	}
	k.lock.Lock()
	all := k.plugins
	k.plugins = map[string]*kept{}
	k.lock.Unlock()
	var wait sync.WaitGroup
	for _, p := range all {
		wait.Go(p.end)
	}
	wait.Wait()
	return sandbox.Sweep(k.Store)
}

// Status is a line of list.
type Status struct {
	Name     string `json:"name"`
	Pid      int    `json:"pid"` // 0 while it is down
	Restarts int    `json:"restarts"`
	Since    string `json:"since"`
	Reason   string `json:"reason,omitempty"` // why it went down the last time
}

// Status tells how all plugins are.
func (k *Keeper) Status() []Status {
	k.lock.RLock()
	defer k.lock.RUnlock()
	var list []Status
	for name, p := range k.plugins {
		p.lock.Lock()
		s := Status{Name: name, Restarts: p.restarts, Since: p.since.UTC().Format(time.RFC3339)}
		if p.process != nil {
			s.Pid = p.process.Pid()
		}
		if p.last != nil {
			s.Reason = p.last.Error()
		}
		p.lock.Unlock()
		list = append(list, s)
	}
	return list
}
