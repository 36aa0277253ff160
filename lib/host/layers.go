package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// layers are the overlays of a bundle at dir.
type layers struct {
	dir    string
	inside bool // a user namespace: root of nothing but what the caller owns
	mounts []entry
	parts  []Part
}

// skeleton mounts, in a user namespace, what looks like the host's root: an
// overlay over / would uncover what is mounted below, so the kernel refuses
// it (mount_namespaces(7), "locked"). Each directory of / has an overlay of its
// own instead.
func (l *layers) skeleton(point string) error {
	if err := unix.Mount("tmpfs", point, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount tmpfs on %s: %w", point, err)
	}
	return l.spread("/", point)
}

// over shows lower at point. In a user namespace a directory with mounts below
// it is taken apart.
func (l *layers) over(lower, point string) error {
	if err := os.Mkdir(point, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if l.inside && slices.ContainsFunc(l.mounts, func(e entry) bool { return e.point != lower && within(e.point, lower) }) {
		return l.spread(lower, point)
	}
	return l.overlay(lower, point)
}

func (l *layers) spread(lower, point string) error {
	list, err := os.ReadDir(lower)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := l.name(filepath.Join(lower, e.Name()), filepath.Join(point, e.Name()), e.Type()); err != nil {
			return err
		}
	}
	return nil
}

// name shows one name of a directory that is taken apart.
func (l *layers) name(lower, point string, kind os.FileMode) error {
	switch kind {
	case os.ModeSymlink:
		to, err := os.Readlink(lower)
		if err != nil {
			return err
		}
		return os.Symlink(to, point)
	case os.ModeDir:
		if l.apart(lower) {
			return os.Mkdir(point, 0o755)
		}
		if unix.Access(lower, unix.R_OK|unix.X_OK) != nil {
			return os.Mkdir(point, 0o700) // nor may the caller look into it outside
		}
		return l.over(lower, point)
	case 0:
		if err := os.WriteFile(point, nil, 0o644); err != nil {
			return err
		}
		if err := unix.Mount(lower, point, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s on %s: %w", lower, point, err)
		}
	}
	return nil // sockets and devices are for those outside
}

// apart tells what the container gets from elsewhere: from the kernel, empty,
// or as a mount of the host's of its own.
func (l *layers) apart(path string) bool {
	return slices.Contains([]string{"/proc", "/sys", "/dev"}, path) ||
		slices.ContainsFunc(hidden, func(h struct{ path, mode string }) bool { return h.path == path }) ||
		slices.ContainsFunc(l.mounts, func(e entry) bool { return e.point == path })
}

// overlay mounts lower at point with a writable layer of its own. The lower
// directory is opened once; who renames it later changes nothing.
func (l *layers) overlay(lower, point string) error {
	if err := spell(lower); err != nil {
		return err
	}
	fd, err := unix.Open(lower, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", lower, err)
	}
	defer unix.Close(fd)
	part := Part{Path: lower, Layer: filepath.Join(upper, strconv.Itoa(len(l.parts)), "upper")}
	work := filepath.Join(l.dir, filepath.Dir(part.Layer))
	for _, d := range []string{work, work + "/upper", work + "/work"} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return err
		}
	}
	if err := alike(fd, work+"/upper"); err != nil {
		return err
	}
	// A change is a whole file, as diff and keep read it. In a user namespace
	// overlayfs has no trusted attributes, and these settings are fixed.
	marks := "redirect_dir=off,metacopy=off"
	if l.inside {
		marks = "userxattr"
	}
	opts := "lowerdir=/proc/self/fd/" + strconv.Itoa(fd) + ",upperdir=" + work + "/upper,workdir=" + work + "/work," + marks
	if err := unix.Mount("overlay", point, "overlay", unix.MS_NODEV, opts); err != nil {
		return fmt.Errorf("mount overlay of %s on %s: %w", lower, point, err)
	}
	l.parts = append(l.parts, part)
	return nil
}
