package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
)

const bundles = "bundles"

// note is the file that says where a bundle is that uses the store.
func (s *Store) note(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(s.Dir, bundles, hex.EncodeToString(sum[:16]))
}

// Register says that the bundle at an absolute path uses the store.
func (s *Store) Register(dir string) error {
	text, err := json.Marshal(map[string]string{"bundle": dir})
	if err != nil {
		return err
	}
	path := s.note(dir)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Bundles lists the bundles that use the store and still exist, with their
// records. A note of one that is gone goes with sweep.
func (s *Store) Bundles(sweep bool) (map[string]*bundle.Record, error) {
	list, err := os.ReadDir(filepath.Join(s.Dir, bundles))
	if err != nil {
		return nil, err
	}
	found := map[string]*bundle.Record{}
	var errs []error
	for _, e := range list {
		path := filepath.Join(s.Dir, bundles, e.Name())
		var note struct{ Bundle string }
		text, err := os.ReadFile(path)
		if err == nil && json.Unmarshal(text, &note) == nil && note.Bundle != "" {
			r, err := bundle.ReadRecord(note.Bundle)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
				errs = append(errs, err)
				continue
			}
			if r != nil && r.Store == s.Dir {
				found[note.Bundle] = r
				continue
			}
		}
		if sweep {
			errs = append(errs, os.Remove(path))
		}
	}
	return found, errors.Join(errs...)
}

// Collect removes the entries that no bundle is made of, and what killed
// unpacks left, and returns the names. Somebody who works in the store is
// waited for.
func Collect(dir string) ([]string, error) {
	s, err := Alone(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	used, err := s.Bundles(true)
	if err != nil {
		return nil, err // what cannot be read may use anything
	}
	keep := map[string]bool{}
	for _, r := range used {
		for _, name := range r.Keep {
			keep[name] = true
		}
	}
	var gone []string
	left, err := bundle.Sweep(filepath.Join(s.Dir, volumes))
	gone = append(gone, left...)
	errs := []error{err}
	for _, kind := range []string{Layers, Bases, Images} {
		left, err := bundle.Sweep(filepath.Join(s.Dir, kind))
		gone, errs = append(gone, left...), append(errs, err)
		list, err := os.ReadDir(filepath.Join(s.Dir, kind))
		errs = append(errs, err)
		for _, e := range list {
			if keep[Name(kind, e.Name())] || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			path := filepath.Join(s.Dir, kind, e.Name())
			// What is half removed must not be taken for whole.
			trash := filepath.Join(s.Dir, kind, ".gt-unpack-trash-"+e.Name())
			err := os.Rename(path, trash)
			if err == nil {
				err = os.RemoveAll(trash)
			}
			gone, errs = append(gone, path), append(errs, err)
		}
	}
	return gone, errors.Join(errs...)
}
