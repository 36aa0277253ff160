// Package bundle makes a bundle so that it is either there as a whole or not at
// all: everything is put together in a directory beside it, or inside it if it
// exists already, and then renamed. Who is killed meanwhile leaves a directory
// named .gt-unpack-*, which Sweep recognises and removes.
package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/quota"
	"github.com/gophertainer/gophertainer/lib/fail"
)

const prefix = ".gt-unpack-"

// Upper is the directory in a bundle for what its container writes; it may have
// a quota.
const Upper = ".upper"

// A Stage is a bundle in the making. Files are put into Dir; Commit makes them
// the bundle, Undo removes them.
type Stage struct {
	Dir    string // where to put rootfs and config.json
	Bundle string // absolute

	moved  []string
	inside bool     // the bundle's directory was there before
	lock   *os.File // tells Sweep that we live
	done   bool
}

// Begin prepares to make bundle, which must not exist, or be a directory
// without a root filesystem.
func Begin(bundle string) (*Stage, error) {
	abs, err := filepath.Abs(bundle)
	if err != nil {
		return nil, err
	}
	s := &Stage{Bundle: abs}
	where := filepath.Dir(abs)
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fail.New(fail.CodeExists, "%s is a file, need a directory or nothing", bundle)
	default:
		if _, err := os.Lstat(filepath.Join(abs, "rootfs")); err == nil {
			return nil, fail.New(fail.CodeExists, "%s has a rootfs, need a new or an empty directory", bundle)
		}
		where, s.inside = abs, true
	}
	return s, s.make(where)
}

// make takes the lock before anybody can mistake the directory for a leftover,
// or tries again if Sweep was quicker.
func (s *Stage) make(where string) error {
	for range 100 {
		dir, err := os.MkdirTemp(where, prefix)
		if err != nil {
			return err
		}
		lock, err := os.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return errors.Join(err, os.Remove(dir))
		}
		var st unix.Stat_t
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && unix.Fstat(int(lock.Fd()), &st) == nil && st.Nlink > 0 {
			s.Dir, s.lock = dir, lock
			return nil
		}
		_ = lock.Close()
	}
	return fail.New(fail.CodeBusy, "%s is swept all the time", where)
}

// Path is a name in the stage.
func (s *Stage) Path(name string) string { return filepath.Join(s.Dir, name) }

// Has tells whether the bundle had a file of that name before.
func (s *Stage) Has(name string) bool {
	if !s.inside {
		return false
	}
	_, err := os.Lstat(filepath.Join(s.Bundle, name))
	return err == nil
}

// Commit makes what was staged the bundle. Nothing is ever replaced.
func (s *Stage) Commit() error {
	if !s.inside {
		if err := rename(s.Dir, s.Bundle); err != nil {
			return err
		}
		s.done = true
		return s.lock.Close()
	}
	names, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	// The root filesystem comes last: its presence says that all is there.
	slices.SortFunc(names, func(a, b fs.DirEntry) int { return rank(a) - rank(b) })
	for _, n := range names {
		to := filepath.Join(s.Bundle, n.Name())
		if err := rename(s.Path(n.Name()), to); err != nil {
			for _, name := range s.moved {
				err = errors.Join(err, os.Rename(filepath.Join(s.Bundle, name), s.Path(name)))
			}
			s.moved = nil
			return err
		}
		s.moved = append(s.moved, n.Name())
	}
	s.done = true
	return errors.Join(os.Remove(s.Dir), s.lock.Close())
}

func rank(e fs.DirEntry) int {
	if e.Name() == "rootfs" {
		return 1
	}
	return 0
}

// Undo removes what was staged; after Commit it does nothing.
func (s *Stage) Undo() error {
	if s.done {
		return nil
	}
	return errors.Join(quota.Lift(s.Path(Upper)), os.RemoveAll(s.Dir), s.lock.Close())
}

// Retract removes a bundle that was committed, or what Commit added to one.
func (s *Stage) Retract() error {
	if !s.inside {
		return os.RemoveAll(s.Bundle)
	}
	var errs []error
	for _, name := range slices.Backward(s.moved) {
		errs = append(errs, os.RemoveAll(filepath.Join(s.Bundle, name)))
	}
	return errors.Join(errs...)
}

// Chmod sets the mode of a bundle that is new.
func (s *Stage) Chmod(mode fs.FileMode) error {
	if s.inside {
		return nil
	}
	return os.Chmod(s.Dir, mode)
}

func rename(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if err == unix.EEXIST {
		return fail.New(fail.CodeExists, "%s came into being meanwhile", to)
	}
	if err != nil {
		return fmt.Errorf("rename to %s: %w", to, err)
	}
	return nil
}
