package driver

import (
	"context"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
)

// tmpfs is an overlay whose writable layer is in memory and goes with it.
type tmpfs struct{}

func (tmpfs) Name() string { return "tmpfs" }

func (tmpfs) Probe(dir string) error {
	fd, err := detached("tmpfs", nil, 0)
	if err == nil {
		err = unix.Close(fd)
	}
	return err
}

func (tmpfs) Make(ctx context.Context, j *Job) error {
	return stacked(ctx, j)
}

func (tmpfs) Standing(r *bundle.Record) []string { return standing(r, true) }

func (tmpfs) Mount(dir string, r *bundle.Record) error {
	list := []setting{{"mode", "700"}}
	if r.Size > 0 {
		list = append(list, setting{"size", strconv.FormatInt(r.Size, 10)})
	}
	fd, err := detached("tmpfs", list, unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return err
	}
	if err := attach(fd, filepath.Join(dir, upper)); err != nil {
		return err
	}
	return mountStack(dir, r)
}
