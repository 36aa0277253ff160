// Package oneshot runs plugins for as long as one call of gt-plugin needs them.
package oneshot

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Set starts plugins when they are asked, or before, and ends them in Close.
type Set struct {
	store *store.Store
	lock  sync.Mutex
	runs  map[string]*run
}

// New is an empty set.
func New(s *store.Store) *Set { return &Set{store: s, runs: map[string]*run{}} }

// run is one plugin: ready is closed when process or err is there.
type run struct {
	ready   chan struct{}
	process *sandbox.Process
	log     *store.Log
	err     error
	broken  bool // killed already
}

// Begin starts a plugin without waiting for it.
func (s *Set) Begin(e *store.Entry) { s.begin(e) }

func (s *Set) begin(e *store.Entry) *run {
	s.lock.Lock()
	defer s.lock.Unlock()
	if r := s.runs[e.Name]; r != nil {
		return r
	}
	r := &run{ready: make(chan struct{}), log: e.Log()}
	s.runs[e.Name] = r
	go func() {
		defer close(r.ready)
		if r.process, r.err = sandbox.Start(s.store, e, r.log); r.err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), e.Deadline())
		defer cancel()
		r.err = r.process.Ready(ctx)
	}()
	return r
}

// Ask calls a plugin. One that breaks the conversation or its deadline is
// killed.
func (s *Set) Ask(ctx context.Context, e *store.Entry, method string, params any) (json.RawMessage, error) {
	r := s.begin(e)
	select {
	case <-r.ready:
	case <-ctx.Done():
		return nil, fail.New(fail.CodeTimeout, "%s: plugin is not ready within its deadline", method)
	}
	if r.err != nil {
		return nil, r.err
	}
	result, err := r.process.Raw(ctx, method, params)
	err = r.process.Explain(err)
	var answered *plugin.Error
	if err != nil && !errors.As(err, &answered) {
		r.broken = true
		return nil, errors.Join(err, r.process.Kill())
	}
	return result, err
}

// Close stops and ends all of them at the same time.
func (s *Set) Close() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	var wait sync.WaitGroup
	var lock sync.Mutex
	var failed error
	for _, r := range s.runs {
		wait.Go(func() {
			err := r.end()
			lock.Lock()
			failed = errors.Join(failed, err)
			lock.Unlock()
		})
	}
	wait.Wait()
	return failed
}

func (r *run) end() error {
	<-r.ready
	defer r.log.Close()
	switch {
	case r.process == nil || r.broken:
		return nil
	case r.err != nil:
		return r.process.Kill()
	}
	// A plugin that has done its work may take as long to end as to answer.
	ctx, cancel := context.WithTimeout(context.Background(), store.DefaultTimeout)
	defer cancel()
	return r.process.Finish(ctx)
}
