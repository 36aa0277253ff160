package driver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/loop"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/verity"
	"github.com/gophertainer/gophertainer/lib/fail"
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
	var hold []*os.File // until the mount does
	defer func() {
		for _, dev := range hold {
			_ = dev.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return -1, err
	}
	if info.Mode().IsRegular() || d.Offset > 0 || d.Length > 0 {
		dev, err := loop.Attach(f, loop.Window{Offset: d.Offset, Length: d.Length, ReadOnly: !d.Writable})
		if err != nil {
			return -1, err
		}
		hold = append(hold, dev)
		list[0].value = dev.Name()
	}
	if d.Verity != nil {
		dev, err := held(list[0].value, d.Verity)
		if err != nil {
			return -1, err
		}
		hold = append(hold, dev)
		list[0].value = dev.Name()
	}
	fd, err := detached(d.Type, list, flags)
	if err != nil && d.Verity != nil {
		return -1, explainHeld(f, d, err)
	}
	if err != nil {
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	return fd, nil
}

// explainHeld says why a disk could not be mounted through dm-verity: where the
// kernel refused a block it is the hash, and an ext4 with blocks smaller than
// the hashed ones is none that a device with those has.
func explainHeld(f *os.File, d *bundle.Disk, err error) error {
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.EUCLEAN) {
		return fail.New(fail.CodeUnsafe, "%s is not what root hash %.12s… stands for: %w", f.Name(), d.Verity.Root, err)
	}
	var b [1]byte
	if _, bad := f.ReadAt(b[:], d.Offset+0x418); bad == nil && d.Type == "ext4" && b[0] < 2 && errors.Is(err, unix.EINVAL) {
		return fail.New(fail.CodeInput, "%s has blocks of %d bytes, need hashes of blocks no larger (veritysetup --data-block-size)", f.Name(), 1024<<b[0])
	}
	return fmt.Errorf("%s, held to root hash %.12s…: %w", f.Name(), d.Verity.Root, err)
}

// held puts dm-verity over a device. What it gives holds the devices below.
func held(data string, v *bundle.Verity) (*os.File, error) {
	f, err := os.Open(v.Hash)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := verity.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v.Hash, err)
	}
	dev, err := os.Open(data)
	if err != nil {
		return nil, err
	}
	size, err := dev.Seek(0, 2)
	if err = errors.Join(err, dev.Close()); err != nil {
		return nil, err
	}
	if err := t.Check(v.Root, size); err != nil {
		return nil, err
	}
	hashes, err := loop.Attach(f, loop.Window{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer hashes.Close()
	return verity.Device(t, data, hashes.Name(), v.Root)
}
