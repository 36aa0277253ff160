// Package store is what gt-net remembers: below .net of the state directory a
// record of every attachment, written before anything is made, and of every
// network with its leases and the ports that are published.
package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Dir is gt-net's part of a state directory. Its name begins with a dot, so
// no container can have it.
type Dir struct {
	Root string // the state directory
	path string
}

// Open makes the directories that are missing.
func Open(root string) (*Dir, error) {
	d := &Dir{Root: root, path: filepath.Join(root, ".net")}
	if err := os.MkdirAll(d.networks(), 0o711); err != nil {
		return nil, err
	}
	return d, os.MkdirAll(d.records(), 0o711)
}

// Path is a file or directory of gt-net's own.
func (d *Dir) Path(names ...string) string {
	return filepath.Join(append([]string{d.path}, names...)...)
}

func (d *Dir) networks() string { return filepath.Join(d.path, "networks") }
func (d *Dir) records() string  { return filepath.Join(d.path, "up") }

// A Lock is held until Close or exit.
type Lock struct{ f *os.File }

// Lock waits for a lock file. One that was removed in the meantime is made again.
func (d *Dir) lock(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		}
		if err != nil {
			_ = f.Close()
			return nil, &os.PathError{Op: "flock", Path: path, Err: err}
		}
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err == nil && st.Nlink > 0 {
			return &Lock{f}, nil
		}
		_ = f.Close()
	}
}

// Close lets go.
func (l *Lock) Close() {
	if l != nil {
		_ = l.f.Close()
	}
}

// write replaces a file at once.
func write(path string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return replace(path, append(text, '\n'))
}

func replace(path string, text []byte) error {
	tmp := filepath.Join(filepath.Dir(path), ".new-"+filepath.Base(path))
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func read(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &fail.Error{Code: fail.CodeInput, Path: path, Cause: err}
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
