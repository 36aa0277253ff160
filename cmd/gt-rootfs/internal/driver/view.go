package driver

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
)

// View opens the root of a bundle as it was unpacked, mounted or not, to read
// in it. What is mounted for it goes with the descriptor.
func View(dir string, r *bundle.Record) (int, error) {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	switch {
	case r.Disk != nil:
		return Disk(dir, r.Disk)
	case len(r.Lower) == 0:
		return unix.Open(filepath.Join(dir, rootfs), flags|unix.O_NOFOLLOW, 0)
	case len(r.Lower) == 1:
		return unix.Open(r.Lower[0], flags, 0)
	}
	var s stack
	defer s.close()
	if err := s.lowers(r.Lower, nil); err != nil {
		return -1, err
	}
	return s.mount(unix.MOUNT_ATTR_RDONLY)
}
