// Package store keeps what several bundles are made of: layers by the digest of
// their content, whole roots, images of file systems, named volumes. An entry
// is there as a whole or not at all, and is never changed afterwards.
package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// The kinds of entries, which are directories of the store.
const (
	Layers = "layers" // DIGEST/fs as overlayfs wants a lower directory
	Bases  = "bases"  // DIGEST/fs is all layers of an image in one
	Images = "images" // DIGEST/fs is a file with a file system
)

// A Store is a directory. While it is open, Collect of others waits.
type Store struct {
	Dir  string
	lock *os.File
}

// Default is the store of root, or of the user.
func Default() string {
	if dir := os.Getenv("GOPHERTAINER_STORE"); dir != "" {
		return dir
	}
	if rootless, err := idmap.Rootless(); err == nil && !rootless {
		return "/var/lib/gophertainer"
	}
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		base = filepath.Join(os.Getenv("HOME"), ".local/share")
	}
	return filepath.Join(base, "gophertainer")
}

// Open opens a store, which is made if need be and belongs to the caller alone:
// layers hold setuid programs that the host's users may not reach
// (CVE-2021-41103).
func Open(dir string) (*Store, error) { return open(dir, unix.LOCK_SH) }

// Alone opens a store once nobody works in it, and keeps others out.
func Alone(dir string) (*Store, error) { return open(dir, unix.LOCK_EX) }

func open(dir string, lock int) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return nil, &fail.Error{Op: "stat " + dir, Cause: err}
	}
	if int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		return nil, fail.New(fail.CodeUnsafe, "the store %s belongs to user %d with mode %#o, need the own one, which nobody else may write", dir, st.Uid, st.Mode&0o7777)
	}
	for _, kind := range []string{Layers, Bases, Images, bundles, volumes} {
		if err := os.Mkdir(filepath.Join(dir, kind), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), lock)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		if err == unix.EWOULDBLOCK {
			return nil, fail.New(fail.CodeBusy, "somebody works in the store %s", dir)
		}
		return nil, &fail.Error{Op: "lock " + dir, Cause: err}
	}
	return &Store{dir, f}, nil
}

// Close lets Collect work.
func (s *Store) Close() { _ = s.lock.Close() }

// Path is where the entry is, or will be.
func (s *Store) Path(kind, key string) string { return filepath.Join(s.Dir, kind, key, "fs") }

// Name is the entry as Collect knows it.
func Name(kind, key string) string { return kind + "/" + key }

// Has tells whether there is such an entry.
func (s *Store) Has(kind, key string) bool {
	_, err := os.Lstat(s.Path(kind, key))
	return err == nil
}

// Put makes an entry. fill puts what it likes into the directory, "fs" among
// it, and returns the key. Who finds that somebody else was quicker takes
// theirs.
func (s *Store) Put(kind string, fill func(dir string) (key string, err error)) (string, error) {
	// A name that nobody has: the key is known in the end only.
	stage, err := bundle.Begin(filepath.Join(s.Dir, kind, ".new-"+strconv.Itoa(os.Getpid())))
	if err != nil {
		return "", err
	}
	key, err := fill(stage.Dir)
	if err == nil && s.Has(kind, key) {
		return key, stage.Undo()
	}
	if err == nil {
		stage.Bundle = filepath.Join(s.Dir, kind, key)
		err = stage.Commit()
	}
	if err == nil {
		return key, nil
	}
	if undo := stage.Undo(); undo != nil {
		return "", errors.Join(err, undo)
	}
	if key != "" && s.Has(kind, key) {
		return key, nil
	}
	return "", err
}
