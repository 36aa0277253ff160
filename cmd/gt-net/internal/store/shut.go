package store

import (
	"errors"
	"os"
	"path/filepath"
)

func (d *Dir) shutting() string { return filepath.Join(d.path, "shutting") }

// LockShut is held by who takes containers out of the filter.
func (d *Dir) LockShut() (*Lock, error) { return d.lock(filepath.Join(d.path, ".shut")) }

// WantShut enters an attachment among those that are to be taken out of the
// filter. Its record stays until that is done.
func (d *Dir) WantShut(key string) error {
	err := os.WriteFile(filepath.Join(d.shutting(), key), nil, 0o600)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(d.shutting(), 0o711); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.shutting(), key), nil, 0o600)
}

// Shutting lists them; the caller has LockShut.
func (d *Dir) Shutting() ([]string, error) {
	names, err := os.ReadDir(d.shutting())
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = n.Name()
	}
	return keys, nil
}

// Shut strikes out those that are taken out of the filter.
func (d *Dir) Shut(keys []string) error {
	for _, key := range keys {
		if err := remove(filepath.Join(d.shutting(), key)); err != nil {
			return err
		}
	}
	return nil
}
