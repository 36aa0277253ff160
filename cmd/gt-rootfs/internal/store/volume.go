package store

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

const volumes = "volumes"

// A Volume is a directory that outlives the bundles that use it.
type Volume struct {
	Name   string            `json:"name"`
	Path   string            `json:"path"`
	Labels map[string]string `json:"labels,omitempty"`
	Used   []string          `json:"used,omitempty"` // by these bundles
}

// IsVolume tells whether a word can be the name of a volume: it is no path.
func IsVolume(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return true
}

func (s *Store) volume(name string) (string, error) {
	if !IsVolume(name) {
		return "", fail.New(fail.CodeInput, "volume %q, need a letter or digit, then up to 63 of these, dot, dash and underscore", name)
	}
	return filepath.Join(s.Dir, volumes, name), nil
}

// CreateVolume makes a volume. One that exists is an error, unless it may.
func (s *Store) CreateVolume(v Volume, may bool) (Volume, error) {
	dir, err := s.volume(v.Name)
	if err != nil {
		return v, err
	}
	v.Path = filepath.Join(dir, "data")
	if _, err := os.Stat(v.Path); err == nil && may {
		return s.Volume(v.Name)
	}
	stage, err := bundle.Begin(filepath.Join(s.Dir, volumes, ".new"))
	if err != nil {
		return v, err
	}
	stage.Bundle = dir
	if err = os.Mkdir(stage.Path("data"), 0o755); err == nil {
		err = stage.Write("volume.json", Volume{Name: v.Name, Labels: v.Labels})
	}
	if err == nil {
		err = stage.Commit()
	}
	if err == nil {
		return v, nil
	}
	if undo := stage.Undo(); undo != nil {
		return v, errors.Join(err, undo)
	}
	if fail.Details(err).Code == fail.CodeExists {
		if may {
			return s.Volume(v.Name)
		}
		err = fail.New(fail.CodeExists, "volume %s exists", v.Name)
	}
	return v, err
}

// Volume finds one.
func (s *Store) Volume(name string) (Volume, error) {
	dir, err := s.volume(name)
	if err != nil {
		return Volume{}, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "volume.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Volume{}, fail.New(fail.CodeNoSuch, "volume %s does not exist", name)
	}
	v := Volume{}
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		return v, err
	}
	v.Name, v.Path = name, filepath.Join(dir, "data")
	used, err := s.Bundles(false)
	for path, r := range used {
		if slices.Contains(r.Keep, Name(volumes, name)) {
			v.Used = append(v.Used, path)
		}
	}
	slices.Sort(v.Used)
	return v, err
}

// VolumeName is a volume as a record keeps it.
func VolumeName(name string) string { return Name(volumes, name) }

// Volumes lists all, by name.
func (s *Store) Volumes() ([]Volume, error) {
	entries, err := os.ReadDir(filepath.Join(s.Dir, volumes))
	if err != nil {
		return nil, err
	}
	var list []Volume
	for _, e := range entries {
		if !IsVolume(e.Name()) {
			continue
		}
		v, err := s.Volume(e.Name())
		if fail.Details(err).Code == fail.CodeNoSuch {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// RemoveVolume removes one that no bundle uses. The store has to be the caller's
// alone, or a bundle that is about to use it loses it.
func (s *Store) RemoveVolume(name string) error {
	v, err := s.Volume(name)
	if err != nil {
		return err
	}
	if len(v.Used) > 0 {
		return fail.New(fail.CodeBusy, "volume %s is used by %s", name, v.Used[0])
	}
	trash, err := bundle.Trash(filepath.Dir(v.Path))
	if err != nil {
		return err
	}
	return os.RemoveAll(trash)
}
