package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// Where things are in a bundle. What the container writes is kept in a tmpfs
// and goes with it: a bundle may lie on a file system that cannot be an upper
// layer, such as another overlay.
const (
	rootfs = "rootfs"
	upper  = ".upper"
	merged = upper + "/cwd"
)

// Mounted tells whether all mounts of a record stand.
func Mounted(dir string, r *bundle.Record) (bool, error) {
	for _, name := range r.Mounts {
		var st unix.Statx_t
		err := unix.Statx(unix.AT_FDCWD, filepath.Join(dir, name), unix.AT_SYMLINK_NOFOLLOW, 0, &st)
		if err == unix.ENOENT {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
			return false, nil
		}
	}
	return len(r.Mounts) > 0, nil
}

// Mount mounts the root of the bundle at dir. What it is about to do it
// records first. On failure nothing stays mounted.
func Mount(dir string, r *bundle.Record) error {
	if err := spell(dir); err != nil {
		return err
	}
	r.Mounts = []string{upper, rootfs}
	if r.Cwd != "" {
		r.Mounts = append(r.Mounts, merged)
	}
	if err := bundle.WriteRecord(dir, r); err != nil {
		return err
	}
	err := mount(dir, r)
	if err != nil {
		err = errors.Join(err, Unmount(dir, r))
	}
	return err
}

func mount(dir string, r *bundle.Record) error {
	tmp := filepath.Join(dir, upper)
	if err := os.Mkdir(tmp, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := unix.Mount("tmpfs", tmp, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=700"); err != nil {
		return fmt.Errorf("mount tmpfs on %s: %w", tmp, err)
	}
	inside, err := idmap.Inside()
	if err != nil {
		return err
	}
	l := &layers{dir: dir, inside: inside}
	if l.mounts, err = table(); err != nil {
		return err
	}
	if inside {
		err = l.skeleton(filepath.Join(dir, rootfs))
	} else {
		err = l.overlay("/", filepath.Join(dir, rootfs))
	}
	if err == nil && r.Cwd != "" {
		err = l.over(r.Cwd, filepath.Join(dir, merged))
	}
	r.Parts = l.parts
	return errors.Join(err, bundle.WriteRecord(dir, r))
}

// alike gives the upper directory owner and mode of the lower one, since it is
// the one that shows.
func alike(fd int, dir string) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	// An owner who has no ID in our user namespace cannot be given: a copy that is
	// thrown away is the caller's.
	err := os.Chown(dir, int(st.Uid), int(st.Gid))
	if inside, e := idmap.Inside(); err != nil && (e != nil || !inside) {
		return err
	}
	return unix.Chmod(dir, st.Mode&0o7777)
}

// Unmount undoes the mounts of a record, as far as there are any, and forgets
// them. Only the places that Mount uses are ever touched, whatever a record
// says. What a container still uses goes when that ends.
func Unmount(dir string, r *bundle.Record) error {
	for _, name := range []string{rootfs, upper} {
		if err := detach(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(dir, upper)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	r.Mounts, r.Parts = []string{}, nil
	return bundle.WriteRecord(dir, r)
}

// detach takes everything off that is mounted at a path, and what is below.
func detach(path string) error {
	for {
		err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		switch err {
		case nil, unix.EINTR:
			continue
		case unix.EINVAL, unix.ENOENT: // not a mount point (umount(2))
			return nil
		}
		return fmt.Errorf("unmount %s: %w", path, err)
	}
}
