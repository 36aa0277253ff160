package container

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gophertainer/gophertainer/lib/state"
)

// IDs is List for who wants no more than the names: it reads each state, and looks
// at no process and no cgroup.
func (rt *Runtime) IDs() ([]string, error) {
	return each(rt, func(e *state.Entry) (string, error) {
		_, err := e.ReadState()
		return e.ID, err
	})
}

// List opens every container; one that is broken is told and left out.
func (rt *Runtime) List() ([]*Container, error) { return each(rt, rt.load) }

// few entries are read sooner than a thread begins.
const few = 64

// each asks about every entry, in order of name: nearly all of it is waiting for
// the kernel, which answers several threads at once.
func each[T any](rt *Runtime, ask func(*state.Entry) (T, error)) ([]T, error) {
	root, err := state.Open(rt.Root)
	if err != nil {
		return nil, err
	}
	entries, err := root.List()
	answers, errs := make([]T, len(entries)), make([]error, len(entries))
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(entries)); i = next.Add(1) - 1 {
			answers[i], errs[i] = ask(entries[i])
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0)-1, len(entries)/few, 3) {
		others.Go(work)
	}
	work()
	others.Wait()
	told := answers[:0]
	for i, e := range entries {
		if errs[i] != nil {
			rt.Warn("%s: %v", e.ID, errs[i])
			continue
		}
		told = append(told, answers[i])
	}
	return told, err
}
