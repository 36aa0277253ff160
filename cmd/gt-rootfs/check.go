package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/state"
)

// check refuses options that do not go together: none is ever ignored.
func (w *wish) check() error {
	w.look()
	plain := w.kind == "tiny" || w.kind == "host" || w.kind == viaPlugin
	for _, rule := range []struct {
		given bool
		name  string
		ok    bool
		with  string
	}{
		{w.cwd != "", "--cwd", w.kind == "host", "host"},
		{w.bind, "--bind", w.kind == "dir", "a directory"},
		{w.partition != "", "--partition", w.kind == "disk", "a disk"},
		{w.writable, "--writable", w.kind == "disk", "a disk"},
		{w.verity != "", "--verity", w.kind == "disk" && !w.writable, "a disk that is not writable"},
		{w.image != "", "--image", w.kind == "image" || w.kind == "archive", "an image"},
		{w.platform != "", "--platform", w.kind == "image" || w.kind == "archive", "an image"},
		{w.driver != "auto", "--driver", !plain && !w.bind && !w.writable, "a source that is kept by a driver"},
		{w.size > 0, "--size", !plain && !w.bind && !w.writable, "a source that is kept by a driver"},
		{len(w.volumes) > 0, "--volume", !plain && !w.bind, "a source that is kept by a driver"},
		{w.seal, "--seal", !plain && !w.bind && w.kind != "disk", "a source that goes into the store"},
		{len(w.maps) > 0, "--map", !plain && !w.bind && !w.writable, "a source that is kept by a driver"},
	} {
		if rule.given && !rule.ok {
			return fail.Usage("%s needs %s, have %s", rule.name, rule.with, w.source)
		}
	}
	if w.tree.MaxEntries < 0 {
		return fail.Usage("--max-entries: have %d, need 0 or more", w.tree.MaxEntries)
	}
	return w.name()
}

// name gives the bundle its ID.
func (w *wish) name() error {
	var err error
	if w.tree.User, err = idmap.Inside(); err != nil {
		return err
	}
	if w.bundle == "" {
		return fail.Usage("the bundle has no name")
	}
	if w.id == "" {
		abs, err := filepath.Abs(w.bundle)
		if err != nil {
			return err
		}
		w.id = filepath.Base(abs)
	}
	if err := state.CheckID(w.id); err != nil {
		return fmt.Errorf("%w (--id gives another)", err)
	}
	return nil
}

// ids reads --map, for users and groups alike.
func (w *wish) ids() (*bundle.Map, error) {
	if len(w.maps) == 0 {
		return nil, nil
	}
	var list []specs.LinuxIDMapping
	for _, text := range w.maps {
		var n [3]uint32
		f := strings.Split(text, ":")
		for i := range f {
			v, err := strconv.ParseUint(f[i], 10, 32)
			if err != nil || len(f) != 3 {
				return nil, fail.Usage("--map: have %q, need CONTAINER:HOST:SIZE, as 0:100000:65536", text)
			}
			n[i] = uint32(v)
		}
		list = append(list, specs.LinuxIDMapping{ContainerID: n[0], HostID: n[1], Size: n[2]})
	}
	if err := idmap.Map(list).Check("--map"); err != nil {
		return nil, err
	}
	return &bundle.Map{UID: list, GID: slices.Clone(list)}, nil
}

// openStore opens the store when the first driver asks for it.
func (w *wish) openStore() (*store.Store, error) {
	if w.open != nil {
		return w.open, nil
	}
	s, err := store.Open(w.store)
	if err != nil {
		return nil, err
	}
	if err := s.Marks(w.tree.User); err != nil {
		s.Close()
		return nil, err
	}
	w.open = s
	return s, nil
}

func (w *wish) close() {
	if w.open != nil {
		w.open.Close()
	}
}

// where is the existing directory in which the bundle is, or will be.
func (w *wish) where() string {
	if info, err := os.Stat(w.bundle); err == nil && info.IsDir() {
		return w.bundle
	}
	return filepath.Dir(w.bundle)
}
