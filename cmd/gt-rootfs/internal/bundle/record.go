package bundle

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
)

// RecordName is the file in a bundle that says what is mounted, or is about
// to be: it is written first, so that what a killed process left is known.
const RecordName = host.RecordName

// A Record is the content of rootfs.json.
type Record struct {
	Source string      `json:"source"`
	Cwd    string      `json:"cwd,omitempty"` // shown over the host's root, through an overlay of its own
	Mounts []string    `json:"mounts"`        // relative to the bundle, in their order
	Parts  []host.Part `json:"parts,omitempty"`

	Driver string   `json:"driver,omitempty"`
	Why    string   `json:"why,omitempty"`   // the driver was taken
	Store  string   `json:"store,omitempty"` // directory of what Keep names
	Keep   []string `json:"keep,omitempty"`  // names in the store that the root is made of
	Lower  []string `json:"lower,omitempty"` // read-only directories below the root, the topmost first
	Disk   *Disk    `json:"disk,omitempty"`  // is mounted below the root, or as the root
	Size   int64    `json:"size,omitempty"`  // bytes the container may write; 0 is without bound
	Quota  uint32   `json:"quota,omitempty"` // project of the quota that holds it to Size
	Held   bool     `json:"held,omitempty"`  // the quota stays: what was unmounted is still used
	Digest string   `json:"digest,omitempty"`
	Map    *Map     `json:"map,omitempty"`

	Plugin *Plugin `json:"plugin,omitempty"` // provides the root

	Volumes []Volume `json:"volumes,omitempty"` // shown with their owners moved
}

// A Plugin is a storage plugin that is loaded in the state directory Root.
type Plugin struct {
	Name   string `json:"name"`
	Source string `json:"source"` // what it calls the content
	Root   string `json:"root"`
}

// A Volume is mounted at a place in the bundle, from where the runtime binds it.
type Volume struct {
	Source string `json:"source"` // absolute
	Place  string `json:"place"`
}

// A Disk is a file system in a file or block device.
type Disk struct {
	Path     string `json:"path"` // absolute, or relative to the bundle
	Offset   int64  `json:"offset,omitempty"`
	Length   int64  `json:"length,omitempty"` // bytes; 0 is to the end
	Type     string `json:"type"`
	Writable bool   `json:"writable,omitempty"` // it is the root itself

	Verity *Verity `json:"verity,omitempty"` // what holds every block of it
}

// A Verity is a root hash and the file with the tree of hashes below it.
type Verity struct {
	Root string `json:"root"` // hexadecimal
	Hash string `json:"hash"` // absolute path
}

// A Map says that the root shows owners moved by the maps of a user namespace.
type Map struct {
	UID []specs.LinuxIDMapping `json:"uid"`
	GID []specs.LinuxIDMapping `json:"gid"`
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
	if !info.Mode().IsRegular() || info.Size() > 1<<20 {
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
