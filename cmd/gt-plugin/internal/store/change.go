package store

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Stage is an entry on its way in. It has a name that List does not see.
func (s *Store) Stage(r *Record) (*Entry, error) {
	if err := s.Make(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.loaded(), ".stage-"+r.Name+"-")
	return &Entry{Record: r, Dir: dir}, err
}

// Write writes the record of a staged entry.
func (e *Entry) Write() error {
	b, err := json.MarshalIndent(e.Record, "", "\t")
	if err != nil {
		return err
	}
	tmp := e.File(".record.json")
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, e.File("record.json"))
}

// Commit makes a staged entry a loaded one. The caller holds Change. What
// gt-oci looks for comes first: a create in between finds no plugin yet and
// goes on.
func (s *Store) Commit(e *Entry) error {
	if err := e.Write(); err != nil {
		return err
	}
	to := filepath.Join(s.loaded(), e.Name)
	if _, err := os.Lstat(to); err == nil {
		return fail.New(fail.CodeExists, "plugin %s is loaded, or is being unloaded: need gt-plugin unload %s first", e.Name, e.Name)
	}
	if AtCreate(e.Info.Type) {
		if err := os.WriteFile(s.Path("create"), nil, 0o600); err != nil {
			return err
		}
	}
	err := s.swap(func() error {
		if err := os.Rename(e.Dir, to); err != nil {
			return err
		}
		return s.turn()
	})
	e.Dir = to
	return err
}

// turn makes Generation say that the set of plugins is another one.
func (s *Store) turn() error {
	tmp := s.Path(".generation")
	if err := os.WriteFile(tmp, []byte(time.Now().UTC().Format(time.RFC3339Nano)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.Path("generation"))
}

// Generation changes with every load and unload. serve asks for it with every
// call, and os.ReadFile makes three calls of the kernel more.
func (s *Store) Generation() string {
	fd, err := unix.Open(s.Path("generation"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	b := make([]byte, 64)
	n, err := unix.Read(fd, b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}

// Withdraw takes an entry out of List; calls that hold it go on, and its files
// stay where they are for them. The caller holds Change. Drain comes next.
func (s *Store) Withdraw(e *Entry) error {
	return s.swap(func() error {
		if err := os.Rename(e.File("record.json"), e.File(gone)); err != nil {
			return err
		}
		return errors.Join(s.settle(), s.turn())
	})
}

// gone is the record of an entry that is being unloaded.
const gone = "gone.json"

// settle removes the mark for gt-oci once the last plugin that it stands for
// is gone.
func (s *Store) settle() error {
	list, err := s.List()
	if err != nil {
		return err
	}
	for _, e := range list {
		if AtCreate(e.Info.Type) {
			return nil
		}
	}
	if err := os.Remove(s.Path("create")); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// Drain waits until no call and no serve holds the entry.
func (s *Store) Drain(ctx context.Context, e *Entry) error {
	l, err := drain(ctx, e.Dir)
	l.Release()
	return err
}

// Leftovers are directories that a killed load or unload has left. The caller
// holds Change, which a load does from its stage to its end.
func (s *Store) Leftovers() ([]string, error) {
	names, err := os.ReadDir(s.loaded())
	if err != nil {
		return nil, err
	}
	var list []string
	for _, n := range names {
		dir := filepath.Join(s.loaded(), n.Name())
		_, err := os.Lstat(dir + "/record.json")
		if strings.HasPrefix(n.Name(), ".stage-") || err != nil && !held(dir) {
			list = append(list, dir)
		}
	}
	return list, nil
}

// held tells whether a call or serve is still at work with the entry.
func held(dir string) bool {
	l, err := flock(dir+"/lock", unix.LOCK_EX|unix.LOCK_NB)
	l.Release()
	return errors.Is(err, unix.EWOULDBLOCK)
}

// Tidy removes what the store holds beside plugins once there are none. The
// caller holds Change.
func (s *Store) Tidy() error {
	if err := s.settle(); err != nil {
		return err
	}
	names, err := os.ReadDir(s.loaded())
	if err != nil || len(names) > 0 {
		return err
	}
	var failed error
	for _, name := range []string{"state", "loaded", "generation"} {
		failed = errors.Join(failed, os.RemoveAll(s.Path(name)))
	}
	return failed
}
