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

// deskPrefix is how the names of directories begin that a tmpfs is mounted over.
const deskPrefix = "gt-ckpt-"

// desk is a tmpfs for what CRIU is handed: it hides behind a directory that is
// gone at once, in the mount namespace of the restore. clear takes both away. A
// killed restore leaves the directory, empty and unlocked, to the next one.
func desk() (dir string, clear func(), err error) {
	if err := sweepDesks(); err != nil {
		return "", nil, err
	}
	var lock *os.File
	for lock == nil {
		if dir, lock, err = lockedDesk(); err != nil {
			return "", nil, err
		}
	}
	clear = func() {
		_ = unix.Unmount(dir, unix.MNT_DETACH) // gone with the namespace at the latest
		_ = os.Remove(dir)
		_ = lock.Close()
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, "mode=711"); err != nil {
		clear()
		return "", nil, &fail.Error{Op: "mount " + dir, Cause: err}
	}
	return dir, clear, nil
}

// lockedDesk has no lock if somebody swept the directory before it was held.
func lockedDesk() (string, *os.File, error) {
	dir, err := os.MkdirTemp("", deskPrefix)
	if err != nil {
		return "", nil, err
	}
	lock, err := os.Open(dir)
	if os.IsNotExist(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", nil, &os.PathError{Op: "lock", Path: dir, Err: err}
	}
	if _, err := os.Lstat(dir); os.IsNotExist(err) {
		return "", nil, lock.Close()
	}
	return dir, lock, nil
}

// sweepDesks removes those of killed restores. One that is in use is not only
// busy: to remove it would take its tmpfs away.
func sweepDesks() error {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), deskPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		lock, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
		if err != nil {
			continue // somebody else's, or gone
		}
		if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = unix.Rmdir(dir) // an empty one only
		}
		_ = lock.Close()
	}
	return nil
}
