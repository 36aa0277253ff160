package driver

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// plain is a copy of everything in the bundle itself. It works everywhere, and
// nothing is mounted unless owners are to be moved.
type plain struct{}

func (plain) Name() string { return "copy" }

func (plain) Probe(string) error { return nil }

func (plain) Make(ctx context.Context, j *Job) error {
	if j.Record.Size > 0 {
		return fail.New(fail.CodeUsage, "--size needs a driver that limits: overlay, tmpfs or loop")
	}
	if err := os.Mkdir(j.rootfs(), 0o755); err != nil {
		return err
	}
	return j.Content.Fill(ctx, j.rootfs())
}

func (plain) Standing(r *bundle.Record) []string { return mapOnly(r) }

func (plain) Mount(dir string, r *bundle.Record) error { return mountMapped(dir, r) }

func mapOnly(r *bundle.Record) []string {
	if r.Map == nil {
		return nil
	}
	return []string{rootfs}
}

// mountMapped lets rootfs show itself with its owners moved.
func mountMapped(dir string, r *bundle.Record) error {
	root := filepath.Join(dir, rootfs)
	return showMapped(root, root, r.Map)
}

// showMapped mounts a directory at a point, with its owners moved.
func showMapped(from, point string, ids *bundle.Map) error {
	fd, err := unix.Open(from, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: from, Err: err}
	}
	defer unix.Close(fd)
	m, err := mapped(fd, ids)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(point), 0o755); err != nil {
		return errors.Join(err, unix.Close(m))
	}
	return attach(m, point)
}
