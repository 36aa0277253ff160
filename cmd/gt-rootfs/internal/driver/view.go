package driver

import (
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
)

// View opens the root of a bundle as it was unpacked, mounted or not, to read
// in it. What is mounted for it goes with the descriptor.
func View(dir string, r *bundle.Record) (int, error) {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	dirs := slices.Clone(r.Lower)
	if r.Disk != nil {
		fd, err := Disk(dir, r.Disk)
		if err != nil || len(dirs) == 0 {
			return fd, err
		}
		defer unix.Close(fd)
		dirs = append(dirs, "/proc/self/fd/"+strconv.Itoa(fd))
	}
	switch len(dirs) {
	case 0:
		return unix.Open(filepath.Join(dir, rootfs), flags|unix.O_NOFOLLOW, 0)
	case 1:
		return unix.Open(dirs[0], flags, 0)
	}
	var s stack
	defer s.close()
	if err := s.lowers(dirs, nil); err != nil {
		return -1, err
	}
	return s.mount(unix.MOUNT_ATTR_RDONLY)
}
