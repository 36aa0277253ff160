// Package bundle keeps the bundles that gt-run makes: one directory a
// container, below a data directory, with a marker that says whose it is.
package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// marker is the file that makes a directory a bundle of gt-run. It is locked
// while a gt-run works with the bundle.
const marker = "gt-run.json"

// A Bundle is a directory that holds a marker.
type Bundle struct {
	Path    string `json:"bundle"`            // absolute
	ID      string `json:"id"`                // of the container
	Root    string `json:"root,omitempty"`    // state directory of the container, if one was named
	Kind    string `json:"kind"`              // dir, archive, tiny or host
	Passing bool   `json:"passing,omitempty"` // goes with the gt-run that made it
	lock    *os.File
}

// Dir is where bundles are: $GOPHERTAINER_DATA/bundles, else below
// /var/lib/gophertainer for root, and below $XDG_DATA_HOME or ~/.local/share
// for others.
func Dir() (string, error) {
	data := os.Getenv("GOPHERTAINER_DATA")
	switch home := os.Getenv("XDG_DATA_HOME"); {
	case data != "":
	case os.Geteuid() == 0:
		data = "/var/lib/gophertainer"
	case filepath.IsAbs(home):
		data = filepath.Join(home, "gophertainer")
	default:
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fail.New(fail.CodeHost, "find data directory: %w", err)
		}
		data = filepath.Join(home, ".local/share/gophertainer")
	}
	data, err := filepath.Abs(data)
	if err != nil {
		return "", fmt.Errorf("find data directory: %w", err)
	}
	return filepath.Join(data, "bundles"), nil
}

// Make makes the directory of a new bundle and locks it. If the name is taken
// the error is fs.ErrExist. Nobody else may pass through: a setuid program of
// the root filesystem must not be of use to the host's other users
// (CVE-2021-41103).
func Make(dir string, b Bundle) (*Bundle, error) {
	b.Path = filepath.Join(dir, b.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make bundle directory: %w", err)
	}
	if err := os.Mkdir(b.Path, 0o700); err != nil {
		return nil, fmt.Errorf("make bundle: %w", err)
	}
	if err := b.mark(); err != nil {
		return nil, errors.Join(fmt.Errorf("make bundle: %w", err), os.RemoveAll(b.Path))
	}
	return &b, nil
}

func (b *Bundle) mark() error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	b.lock, err = os.OpenFile(filepath.Join(b.Path, marker), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(b.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return err
	}
	_, err = b.lock.Write(append(text, '\n'))
	return err
}

// Open reads the marker of a bundle that exists. It refuses a directory that
// another gt-run's marker was copied to, and one of another user.
func Open(path string) (*Bundle, error) {
	f, err := os.OpenFile(filepath.Join(path, marker), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail.New(fail.CodeInput, "%s is no bundle of gt-run: %w", path, err)
	}
	if err != nil {
		return nil, err
	}
	b := &Bundle{lock: f}
	if err := json.NewDecoder(f).Decode(b); err != nil {
		return nil, errors.Join(fail.New(fail.CodeInput, "read %s: %w", f.Name(), err), f.Close())
	}
	fi, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Geteuid() || b.Path != path || filepath.Base(path) != b.ID {
		return nil, errors.Join(fail.New(fail.CodeUnsafe, "%s is not the marker of this bundle", f.Name()), f.Close())
	}
	return b, nil
}

// Abandoned tells whether no gt-run works with the bundle; it is locked then.
func (b *Bundle) Abandoned() bool {
	return unix.Flock(int(b.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

// Write makes a file of the bundle, for nobody else to read: the environment
// in config.json may hold secrets.
func (b *Bundle) Write(name string, text []byte) error {
	return os.WriteFile(b.File(name), text, 0o600)
}

// Replace is Write for a file that others may be reading.
func (b *Bundle) Replace(name string, text []byte) error {
	tmp := "." + name
	err := b.Write(tmp, text)
	if err == nil {
		err = os.Rename(b.File(tmp), b.File(name))
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(b.File(tmp)))
	}
	return nil
}

// File is the path of a file in the bundle.
func (b *Bundle) File(name string) string { return filepath.Join(b.Path, name) }

// Close gives up the lock.
func (b *Bundle) Close() error { return b.lock.Close() }
