package bundle

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// RecordName is the file in a bundle that says what is mounted, or is about
// to be: it is written first, so that what a killed process left is known.
const RecordName = "rootfs.json"

// A Record is the content of rootfs.json.
type Record struct {
	Source string   `json:"source"`
	Cwd    string   `json:"cwd,omitempty"` // shown over the host's root, through an overlay of its own
	Mounts []string `json:"mounts"`        // relative to the bundle, in their order
}

// ReadRecord returns nil if the bundle has no record.
func ReadRecord(dir string) (*Record, error) {
	path := filepath.Join(dir, RecordName)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<16 {
		return nil, fail.New(fail.CodeInput, "%s is not one that gt-rootfs wrote", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fail.New(fail.CodeInput, "read %s: %w", path, err)
	}
	return r, nil
}

// WriteRecord replaces the record as a whole.
func WriteRecord(dir string, r *Record) error {
	path := filepath.Join(dir, RecordName)
	if err := write(path+".new", r); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
