package bundle

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Mounted tells whether all mounts of a record stand.
func Mounted(dir string, r *Record) (bool, error) {
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
