package driver

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// From include/uapi/linux/btrfs.h: _IOW(0x94, 14 and 23) of structures with
// 4096 bytes.
const (
	subvolCreate = 0x5000940e
	snapCreateV2 = 0x50009417
)

// volumeArgs is struct btrfs_ioctl_vol_args.
type volumeArgs struct {
	fd   int64
	name [4088]byte
}

// volumeArgsV2 is struct btrfs_ioctl_vol_args_v2.
type volumeArgsV2 struct {
	fd      int64
	transid uint64
	flags   uint64
	unused  [4]uint64
	name    [4040]byte
}

func subvolumeCreate(dir int, name string) error {
	var a volumeArgs
	copy(a.name[:len(a.name)-1], name)
	return ioctl(dir, subvolCreate, unsafe.Pointer(&a))
}

func snapshotCreate(dir, src int, name string) error {
	a := volumeArgsV2{fd: int64(src)}
	copy(a.name[:len(a.name)-1], name)
	return ioctl(dir, snapCreateV2, unsafe.Pointer(&a))
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
