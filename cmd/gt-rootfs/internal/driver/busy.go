package driver

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// patience is how long, in milliseconds, the kernel may take to put away the
// mounts of a container that has ended.
const patience = 200

// busy tells whether somebody still writes through an overlay that is detached
// here: with an index, overlayfs refuses an upper directory that another one
// has. If none has, it refuses the work directory, which is checked next.
func busy(work string) (bool, error) {
	var s stack
	defer s.close()
	name, err := s.hold(work, nil)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	fd, err := detached("overlay", []setting{
		{"lowerdir", name + "/work"}, {"upperdir", name + "/upper"}, {"workdir", name + "/upper"}, {"index", "on"},
	}, 0)
	switch {
	case err == nil:
		return false, unix.Close(fd)
	case errors.Is(err, unix.EBUSY):
		return true, nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT):
		return false, nil
	}
	return false, err
}

// A farewell is told when the file system of a mount is gone, which may be some
// time after it was detached (inotify(7), IN_UNMOUNT).
type farewell int

func watch(point string) (farewell, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("inotify_init", err)
	}
	if _, err := unix.InotifyAddWatch(fd, point, unix.IN_DELETE_SELF); err != nil && err != unix.ENOENT {
		_ = unix.Close(fd)
		return -1, &os.PathError{Op: "watch", Path: point, Err: err}
	}
	return farewell(fd), nil
}

// wait gives it a moment.
func (f farewell) wait() {
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(f), Events: unix.POLLIN}}, patience) // who asks looks again
}

func (f farewell) close() { _ = unix.Close(int(f)) }

// kept tells whether the quota of a bundle that was detached has to stay.
func kept(dir string, f farewell) (bool, error) {
	work := filepath.Join(dir, upper)
	used, err := busy(work)
	if !used || err != nil {
		return used, err
	}
	f.wait()
	return busy(work)
}
