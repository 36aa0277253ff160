package quota

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From include/uapi/linux/quota.h and fs.h.
const (
	projectQuota = 2
	getQuota     = 0x800007<<8 | projectQuota
	setQuota     = 0x800008<<8 | projectQuota
	blockLimits  = 1
	quotaBlock   = 1024

	fsGetXattr     = 0x801c581f // _IOR('X', 31, struct fsxattr)
	fsSetXattr     = 0x401c5820 // _IOW('X', 32, struct fsxattr)
	projectInherit = 0x200
)

// diskQuota is struct if_dqblk.
type diskQuota struct {
	hard, soft, space         uint64
	inodeHard, inodeSoft, use uint64
	blockTime, inodeTime      uint64
	valid                     uint32
	_                         uint32
}

// fileAttr is struct fsxattr.
type fileAttr struct {
	flags, extent, extents, project, cow uint32
	_                                    [8]byte
}

func inUse(device string, project uint32) (bool, error) {
	var q diskQuota
	err := quotactl(getQuota, device, project, &q)
	if err == unix.ENOENT {
		return false, nil
	}
	return q.hard|q.soft|q.space|q.use > 0, err
}

// limit sets how many bytes a project may have; 0 is without bound.
func limit(device string, project uint32, size int64) error {
	blocks := uint64(size+quotaBlock-1) / quotaBlock
	if err := quotactl(setQuota, device, project, &diskQuota{hard: blocks, soft: blocks, valid: blockLimits}); err != nil {
		return fmt.Errorf("limit project %d of %s: %w", project, device, err)
	}
	return nil
}

func quotactl(cmd uintptr, device string, id uint32, q *diskQuota) error {
	name, err := unix.BytePtrFromString(device)
	if err != nil {
		return err
	}
	_, _, errno := unix.Syscall6(unix.SYS_QUOTACTL, cmd, uintptr(unsafe.Pointer(name)), uintptr(id), uintptr(unsafe.Pointer(q)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func attributes(f *os.File) (*fileAttr, error) {
	a := &fileAttr{}
	return a, a.ioctl(f, fsGetXattr)
}

func (a *fileAttr) give(f *os.File) error { return a.ioctl(f, fsSetXattr) }

func (a *fileAttr) ioctl(f *os.File, request uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(a))); errno != 0 {
		return errno
	}
	return nil
}
