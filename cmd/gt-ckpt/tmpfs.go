package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A tmpfs whose contents follow from the spec is made anew: CRIU starts a tar
// for each, 4 ms while the container stands still and as many at the restore.
// There are two: the empty one over masked directories, and the one that has
// the directories of the v1 hierarchies. Both are read-only, and nothing inside
// may mount.
func (f *facts) remade(m *scene.Mount) string {
	if m.Type != "tmpfs" || m.Root != "/" || grants(f.spec, "CAP_SYS_ADMIN") || !slices.Contains(strings.Split(m.Options, ","), "ro") {
		return ""
	}
	return kindOf(f.spec, m.Point)
}

// kindOf says which of the two stands at a place by a spec, "" if neither.
func kindOf(s *specs.Spec, point string) string {
	if slices.ContainsFunc(s.Linux.MaskedPaths, func(p string) bool { return filepath.Clean(p) == point }) {
		return image.Mask
	}
	for i := range s.Mounts {
		if m := &s.Mounts[i]; m.Type == "cgroup" && filepath.Clean(m.Destination) == point {
			return image.Hierarchies
		}
	}
	return ""
}

// remake makes them in the mount namespace of the restore, which CRIU binds
// them from and which ends with it.
func (v *revival) remake(at string) error {
	for _, kind := range []string{image.Mask, image.Hierarchies} {
		if !slices.ContainsFunc(v.from.manifest.External, func(x image.External) bool { return x.Made == kind }) {
			continue
		}
		dir := filepath.Join(at, kind)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		data := "mode=755"
		if kind == image.Mask {
			data += ",nr_inodes=2"
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, data); err != nil {
			return &fail.Error{Op: "mount " + dir, Cause: err}
		}
		if kind == image.Hierarchies {
			if err := v.hierarchies(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *revival) hierarchies(dir string) error {
	for _, h := range v.r.Group.Hierarchies() {
		if err := os.Mkdir(filepath.Join(dir, h.Name), 0o755); err != nil {
			return err
		}
		for _, link := range h.Links {
			if err := os.Symlink(h.Name, filepath.Join(dir, link)); err != nil {
				return err
			}
		}
	}
	return nil
}

// desk is a tmpfs for what CRIU is handed: it hides behind a directory that is
// gone at once, in the mount namespace of the restore.
func desk() (string, error) {
	dir, err := os.MkdirTemp("", "gt-ckpt-")
	if err != nil {
		return "", err
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, "mode=711"); err != nil {
		_ = os.Remove(dir)
		return "", &fail.Error{Op: "mount " + dir, Cause: err}
	}
	return dir, nil
}
