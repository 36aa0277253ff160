package driver

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/loop"
)

// Disk mounts a disk, nowhere yet. What is not writable is not replayed either:
// the file stays as it is, byte by byte.
func Disk(dir string, d *bundle.Disk) (int, error) {
	path := d.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	mode, flags := os.O_RDONLY, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOSUID
	list := []setting{{"source", path}}
	if d.Writable {
		mode, flags = os.O_RDWR, 0
	} else {
		list = append(list, setting{"ro", ""})
		switch d.Type {
		case "ext4":
			list = append(list, setting{"noload", ""})
		case "xfs":
			list = append(list, setting{"norecovery", ""}, setting{"nouuid", ""})
		case "btrfs":
			list = append(list, setting{"rescue", "nologreplay"})
		}
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return -1, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return -1, err
	}
	if info.Mode().IsRegular() || d.Offset > 0 || d.Length > 0 {
		dev, err := loop.Attach(f, loop.Window{Offset: d.Offset, Length: d.Length, ReadOnly: !d.Writable})
		if err != nil {
			return -1, err
		}
		defer dev.Close() // the mount holds it
		list[0].value = dev.Name()
	}
	fd, err := detached(d.Type, list, flags)
	if err != nil {
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	return fd, nil
}
