package driver

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// btrfs is a snapshot of a subvolume in the store: made at once, whatever its
// size (btrfs(5), "SUBVOLUMES").
type btrfs struct{}

func (btrfs) Name() string { return "btrfs" }

func (btrfs) Probe(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return err
	}
	if fs.Type != unix.BTRFS_SUPER_MAGIC {
		return fail.New(fail.CodeHost, "%s is not on btrfs", dir)
	}
	return probe(dir, func(tmp string) error { return Subvolume(filepath.Join(tmp, "sub")) })
}

func (btrfs) Make(ctx context.Context, j *Job) error {
	base, err := j.Content.Base(ctx, true)
	if err != nil {
		return err
	}
	return Snapshot(base, j.rootfs())
}

func (btrfs) Standing(r *bundle.Record) []string { return mapOnly(r) }

func (btrfs) Mount(dir string, r *bundle.Record) error { return mountMapped(dir, r) }

// Subvolume makes an empty one. It can be removed like any directory.
func Subvolume(path string) error {
	dir, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", filepath.Dir(path), err)
	}
	defer unix.Close(dir)
	if err := subvolumeCreate(dir, filepath.Base(path)); err != nil {
		return fmt.Errorf("make the subvolume %s: %w", path, err)
	}
	return nil
}

// Snapshot makes a writable one of the subvolume from.
func Snapshot(from, path string) error {
	src, err := unix.Open(from, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", from, err)
	}
	defer unix.Close(src)
	dir, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", filepath.Dir(path), err)
	}
	defer unix.Close(dir)
	if err := snapshotCreate(dir, src, filepath.Base(path)); err != nil {
		return fmt.Errorf("snapshot %s: %w", from, err)
	}
	return nil
}
