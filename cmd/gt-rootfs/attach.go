package main

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	mounts "github.com/gophertainer/gophertainer/lib/mount"
)

// volumeDir is where a bundle keeps what its volumes need.
const volumeDir = ".volumes"

// attach adds a volume to the spec: SOURCE:DEST[:OPTION,…], where SOURCE is an
// absolute path, the name of a volume, or tmpfs.
func (w *wish) attach(j job, r *bundle.Record, text string) error {
	f := strings.SplitN(text, ":", 3)
	if len(f) < 2 || !strings.HasPrefix(f[1], "/") {
		return fail.Usage("--volume: have %q, need SOURCE:/DEST or SOURCE:/DEST:OPTIONS", text)
	}
	m := specs.Mount{Destination: path.Clean(f[1])}
	if m.Destination == "/" {
		return fail.Usage("--volume: have %q, need a destination below /", text)
	}
	var opts []string
	if len(f) == 3 {
		opts = strings.Split(f[2], ",")
	}
	if err := known(opts, f[0] == "tmpfs"); err != nil {
		return err
	}
	if f[0] == "tmpfs" {
		m.Type, m.Source = "tmpfs", "tmpfs"
		m.Options = append([]string{"nosuid", "nodev"}, opts...)
		j.spec.Mounts = append(j.spec.Mounts, m)
		return nil
	}
	source, err := w.volumeSource(f[0], r)
	if err != nil {
		return err
	}
	v := &volume{mount: m, source: source, place: volumeDir + "/" + strconv.Itoa(len(j.spec.Mounts))}
	if err := v.options(opts, r); err != nil {
		return err
	}
	if v.over {
		err = v.overlay(j)
	} else {
		v.bind(j, r)
	}
	if err == nil {
		j.spec.Mounts = append(j.spec.Mounts, v.mount)
	}
	return err
}

// known refuses options that no mount of this sort has: a runtime hands them to
// a file system that may ignore them.
func known(opts []string, memory bool) error {
	words := append(mounts.Words(), "")
	if !memory {
		words = append(words, "overlay", "O", "idmap")
	}
	for _, o := range opts {
		key, _, value := strings.Cut(o, "=")
		if slices.Contains(words, o) || memory && value && slices.Contains([]string{"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge", "mpol"}, key) {
			continue
		}
		return fail.Usage("--volume: have option %q, need one of mount(8)", o)
	}
	return nil
}

// volumeSource is the directory or file behind the first part of a volume.
func (w *wish) volumeSource(name string, r *bundle.Record) (string, error) {
	if !strings.HasPrefix(name, "/") {
		s, err := w.openStore()
		if err != nil {
			return "", err
		}
		v, err := s.CreateVolume(store.Volume{Name: name}, true)
		if !slices.Contains(r.Keep, store.VolumeName(name)) {
			r.Keep = append(r.Keep, store.VolumeName(name))
		}
		return v.Path, err
	}
	source, err := filepath.EvalSymlinks(name)
	if errors.Is(err, os.ErrNotExist) {
		return "", fail.New(fail.CodeNoSuch, "--volume: %s does not exist", name)
	}
	return source, err
}

// A volume is one in the making.
type volume struct {
	mount  specs.Mount
	source string
	place  string // in the bundle
	over   bool   // what the container writes stays in the bundle
	idmap  bool
}

// options sorts ours from those of the mount.
func (v *volume) options(list []string, r *bundle.Record) error {
	for _, o := range list {
		switch o {
		case "overlay", "O":
			v.over = true
		case "idmap":
			if r.Map == nil {
				return fail.Usage("--volume: idmap needs --map")
			}
			v.idmap = true
		case "":
		default:
			v.mount.Options = append(v.mount.Options, o)
		}
	}
	if v.over && v.idmap {
		return fail.Usage("--volume: have overlay and idmap, need one of them")
	}
	return nil
}

// bind shows the source, through a mount of the bundle's own if owners are to
// be moved.
func (v *volume) bind(j job, r *bundle.Record) {
	v.mount.Type, v.mount.Source = "bind", v.source
	v.mount.Options = append([]string{"rbind"}, v.mount.Options...)
	if v.idmap {
		r.Volumes = append(r.Volumes, bundle.Volume{Source: v.source, Place: v.place})
		v.mount.Source = filepath.Join(j.stage.Bundle, v.place)
	}
}

// overlay lets the runtime mount one whose writable layer is in the bundle.
func (v *volume) overlay(j job) error {
	if len(v.mount.Options) > 0 {
		return fail.Usage("--volume: have overlay with %s, need overlay alone", strings.Join(v.mount.Options, ","))
	}
	info, err := os.Stat(v.source)
	if err != nil || !info.IsDir() {
		return fail.New(fail.CodeInput, "--volume: overlay needs a directory, have %s", v.source)
	}
	v.mount.Type, v.mount.Source = "overlay", "overlay"
	v.mount.Options = []string{"lowerdir=" + v.source}
	for _, p := range []string{"upper", "work"} {
		if err := os.MkdirAll(j.stage.Path(v.place+"/"+p), 0o700); err != nil {
			return err
		}
		dir := filepath.Join(j.stage.Bundle, v.place, p)
		v.mount.Options = append(v.mount.Options, p+"dir="+dir)
	}
	if strings.ContainsAny(v.source+j.stage.Bundle, `,:\`) {
		return fail.New(fail.CodeInput, `%q or %q holds a comma, colon or backslash, which overlayfs takes apart`, v.source, j.stage.Bundle)
	}
	return os.Chmod(j.stage.Path(v.place+"/upper"), info.Mode().Perm())
}
