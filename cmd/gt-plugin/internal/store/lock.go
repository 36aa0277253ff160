package store

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Lock is a held flock(2); it ends with the process, too.
type Lock struct{ f *os.File }

// Release lets it go.
func (l *Lock) Release() {
	if l != nil && l.f != nil {
		l.f.Close()
	}
}

func flock(name string, how int) (*Lock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), how)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, &fail.Error{Op: "lock " + name, Cause: err}
	}
	return &Lock{f}, nil
}

// Change takes the store for one load or unload, from its beginning to its end.
// Those who only ask go on meanwhile: see swap.
func (s *Store) Change() (*Lock, error) {
	if err := s.Make(); err != nil {
		return nil, err
	}
	return flock(s.Path("change"), unix.LOCK_EX)
}

// swap runs do while nobody takes a snapshot.
func (s *Store) swap(do func() error) error {
	l, err := flock(s.Path("lock"), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer l.Release()
	return do()
}

// Held is an entry that cannot be taken apart until it is released.
type Held struct {
	*Entry
	lock *Lock
}

// Release lets an unload go on.
func (h *Held) Release() { h.lock.Release() }

// Snapshot takes all entries for which want is true, as they are at one moment:
// no load or unload lies between two of them. The caller releases each.
func (s *Store) Snapshot(want func(*Record) bool) ([]*Held, error) {
	all, err := flock(s.Path("lock"), unix.LOCK_SH)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer all.Release()
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	var held []*Held
	for _, e := range list {
		if !want(e.Record) {
			continue
		}
		l, err := flock(e.File("lock"), unix.LOCK_SH)
		if err != nil {
			for _, h := range held {
				h.Release()
			}
			return nil, err
		}
		held = append(held, &Held{e, l})
	}
	return held, nil
}

// Hold takes one entry.
func (s *Store) Hold(name string) (*Held, error) {
	if _, err := s.Get(name); err != nil {
		return nil, err
	}
	held, err := s.Snapshot(func(r *Record) bool { return r.Name == name })
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		return nil, fail.New(fail.CodeNoSuch, "plugin %s is not loaded", name)
	}
	return held[0], nil
}

// drain waits until nobody holds the entry in dir.
func drain(ctx context.Context, dir string) (*Lock, error) {
	type got struct {
		l   *Lock
		err error
	}
	c := make(chan got, 1)
	go func() {
		l, err := flock(dir+"/lock", unix.LOCK_EX)
		c <- got{l, err}
	}()
	select {
	case g := <-c:
		return g.l, g.err
	case <-ctx.Done():
		return nil, fail.New(fail.CodeTimeout, "plugin is still in use: %w", ctx.Err())
	}
}
