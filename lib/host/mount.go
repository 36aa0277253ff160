package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

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

// RecordName is the file in which gt-rootfs keeps what is mounted in a bundle.
const RecordName = "rootfs.json"

// A Part is a directory of the host that shows through an overlay, and where what
// was written to it is, relative to the bundle.
type Part struct {
	Path  string `json:"path"`
	Layer string `json:"layer"`
}

// Places are where Mount mounts, relative to the bundle, in this order. shown is
// the directory with an overlay of its own, empty if there is none.
func Places(shown string) []string {
	if shown == "" {
		return []string{upper, rootfs}
	}
	return []string{upper, rootfs, merged}
}

// Mount mounts the root in the bundle at dir, in which a directory rootfs is. On
// failure what was mounted stays, for Unmount.
func Mount(dir, shown string) ([]Part, error) {
	if err := spell(dir); err != nil {
		return nil, err
	}
	tmp := filepath.Join(dir, upper)
	if err := os.Mkdir(tmp, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	if err := unix.Mount("tmpfs", tmp, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=700"); err != nil {
		return nil, fmt.Errorf("mount tmpfs on %s: %w", tmp, err)
	}
	inside, err := idmap.Inside()
	if err != nil {
		return nil, err
	}
	l := &layers{dir: dir, inside: inside}
	if inside {
		if l.mounts, err = table(); err != nil {
			return nil, err
		}
		err = l.skeleton(filepath.Join(dir, rootfs))
	} else {
		err = l.overlay("/", filepath.Join(dir, rootfs))
	}
	if err == nil && shown != "" {
		err = l.over(shown, filepath.Join(dir, merged))
	}
	return l.parts, err
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

// Unmount undoes Mount, as far as it came. What a container still uses goes when
// that ends.
func Unmount(dir string) error {
	for _, name := range []string{rootfs, upper} {
		if err := Detach(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(dir, upper)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Detach takes everything off that is mounted at a path, and what is below.
func Detach(path string) error {
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
