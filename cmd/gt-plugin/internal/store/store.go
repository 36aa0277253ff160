// Package store is the directory of loaded plugins, .plugins in the state
// directory. A plugin is loaded while LOADED/NAME exists; it appears and
// disappears by one rename, under one lock.
//
//	.plugins/change         the lock that a load or unload holds
//	.plugins/lock           exclusive for the moment of a change, shared for a snapshot
//	.plugins/generation     another one after each change
//	.plugins/create         there while a runtime or security plugin is loaded;
//	                        the one file that gt-oci looks for
//	.plugins/serve.sock     gt-plugin serve
//	.plugins/state          state directory of the plugins' containers
//	.plugins/loaded/NAME    record.json exe config.json rootfs data log lock cursor netns
package store

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Store is one such directory.
type Store struct {
	Root string // the state directory
	dir  string
}

// Open names the store of a state directory; Make makes it.
func Open(root string) *Store { return &Store{Root: root, dir: filepath.Join(root, ".plugins")} }

// Make makes the directories.
func (s *Store) Make() error {
	if err := os.MkdirAll(s.Root, 0o711); err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(s.dir, 0o700), os.MkdirAll(s.loaded(), 0o700))
}

// Path is a file of the store.
func (s *Store) Path(name string) string { return filepath.Join(s.dir, name) }

func (s *Store) loaded() string { return s.Path("loaded") }

// Socket is where gt-plugin serve listens.
func (s *Store) Socket() string { return s.Path("serve.sock") }

// State is the state directory of the plugins' containers.
func (s *Store) State() string { return s.Path("state") }

// Record is what was settled when a plugin was loaded.
type Record struct {
	Name     string            `json:"name"`
	Path     string            `json:"path"`             // the file it came from
	Native   bool              `json:"native,omitempty"` // built with -buildmode=plugin
	SHA256   string            `json:"sha256"`
	Policy   string            `json:"policy"`
	SignedBy string            `json:"signedBy,omitempty"` // key ID
	Info     plugin.PluginInfo `json:"info"`
	Config   map[string]any    `json:"config"`
	UID      uint32            `json:"uid"`
	Required bool              `json:"required"`
	Timeout  string            `json:"timeout"`
	Loaded   string            `json:"loaded"` // RFC 3339
}

// Deadline is what a call may take.
func (r *Record) Deadline() time.Duration {
	d, err := time.ParseDuration(r.Timeout)
	if err != nil || d <= 0 {
		return DefaultTimeout
	}
	return d
}

// DefaultTimeout is a call's if load was not told another: what a busy machine may
// take to start a plugin is not what it is asked for.
const DefaultTimeout = 10 * time.Second

// CreatePatience is how long gt-oci waits for all plugins (lib/container).
const CreatePatience = time.Minute

// AtCreate tells whether a plugin of the type is asked when a container is made.
func AtCreate(t plugin.PluginType) bool {
	return t == plugin.PluginTypeRuntime || t == plugin.PluginTypeSecurity
}

// CheckName refuses what cannot be a plugin's name: it becomes a file name
// (CVE-2021-20206) and part of variables.
func CheckName(name string) error {
	ok := name != "" && len(name) <= 64 && name[0] != '.' && name[0] != '-'
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_.-", c))
	}
	if !ok {
		return fail.Usage("plugin name %q, need up to 64 letters, digits or one of _.-, the first no dot or dash", name)
	}
	return nil
}

// Entry is a loaded plugin.
type Entry struct {
	*Record
	Dir string
}

// File is a file of the entry.
func (e *Entry) File(name string) string { return filepath.Join(e.Dir, name) }

// Get reads one entry.
func (s *Store) Get(name string) (*Entry, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	e, err := s.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail.New(fail.CodeNoSuch, "plugin %s is not loaded", name)
	}
	return e, err
}

func (s *Store) read(name string) (*Entry, error) {
	e := &Entry{Record: &Record{}, Dir: filepath.Join(s.loaded(), name)}
	b, err := os.ReadFile(e.File("record.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, e.Record); err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: e.File("record.json"), Cause: err}
	}
	return e, nil
}

// List reads all entries, in order of name.
func (s *Store) List() ([]*Entry, error) {
	names, err := os.ReadDir(s.loaded())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []*Entry
	for _, n := range names {
		if strings.HasPrefix(n.Name(), ".") {
			continue
		}
		e, err := s.read(n.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *Entry) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
