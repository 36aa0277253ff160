package feed

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// watch tells that something was written in a directory (inotify(7)).
type watch struct{ f *os.File }

func newWatch(dir string) (*watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		_ = unix.Close(fd)
		return nil, &os.PathError{Op: "watch", Path: dir, Err: err}
	}
	return &watch{os.NewFile(uintptr(fd), "inotify")}, nil
}

// wait returns when there is news since the last wait, or ctx is done.
func (w *watch) wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = w.f.SetReadDeadline(time.Now()) })
	defer stop()
	b := make([]byte, 16<<10)
	if _, err := w.f.Read(b); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func (w *watch) close() { w.f.Close() }
