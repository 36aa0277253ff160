package driver

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/quota"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// overlay puts a writable layer, which is kept in the bundle, over read-only
// ones (overlayfs of Linux, also in a user namespace since 5.11).
type overlay struct{}

func (overlay) Name() string { return "overlay" }

// Probe mounts one, nowhere.
func (overlay) Probe(dir string) error {
	return probe(dir, func(tmp string) error {
		var s stack
		defer s.close()
		if err := os.Mkdir(filepath.Join(tmp, "lower"), 0o700); err != nil {
			return err
		}
		if err := s.lowers([]string{filepath.Join(tmp, "lower")}, nil); err != nil {
			return err
		}
		if err := s.writable(tmp, nil); err != nil {
			return err
		}
		fd, err := s.mount(0)
		if err == nil {
			_ = unix.Close(fd)
		}
		return err
	})
}

func (overlay) Make(ctx context.Context, j *Job) error {
	return stacked(ctx, j)
}

func (overlay) Standing(r *bundle.Record) []string { return standing(r, r.Size > 0 && r.Quota == 0) }

func (overlay) Mount(dir string, r *bundle.Record) error {
	if r.Size > 0 && r.Quota == 0 {
		if err := mountSpace(dir); err != nil {
			return err
		}
	}
	return mountStack(dir, r)
}

// stacked is what all drivers that mount an overlay keep on disk.
func stacked(ctx context.Context, j *Job) error {
	if j.Record.Disk == nil {
		dirs, err := j.Content.Lower(ctx)
		if err != nil {
			return err
		}
		j.Record.Lower = dirs
	}
	return Again(j)
}

// Again makes what a stack keeps on disk beside its layers, for a record that
// names those.
func Again(j *Job) error {
	if j.Record.Size > 0 && j.Record.Driver != "tmpfs" {
		if err := limit(j); err != nil {
			return err
		}
	}
	return os.Mkdir(j.rootfs(), 0o755)
}

// standing is the mount points of a stack; own says that the upper layer is a
// file system of its own.
func standing(r *bundle.Record, own bool) []string {
	var list []string
	if r.Disk != nil {
		if r.Disk.Writable {
			return []string{rootfs}
		}
		list = append(list, lower)
	}
	if own {
		list = append(list, upper)
	}
	return append(list, rootfs)
}

// mountStack mounts the disk, if there is one, and the overlay.
func mountStack(dir string, r *bundle.Record) error {
	dirs, flags := r.Lower, 0
	if d := r.Disk; d != nil {
		fd, err := Disk(dir, d)
		if err != nil {
			return err
		}
		if d.Writable {
			return attach(fd, filepath.Join(dir, rootfs))
		}
		if err := attach(fd, filepath.Join(dir, lower)); err != nil {
			return err
		}
		dirs = append(slices.Clone(dirs), filepath.Join(dir, lower))
		if r.Source == "disk" { // nobody knows who made it
			flags = unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOSUID
		}
	}
	work := filepath.Join(dir, upper)
	if err := os.Mkdir(work, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	if r.Quota > 0 { // not yet limited: one that is full has no room for what overlayfs makes
		if err := quota.Hold(work, r.Quota, 0); err != nil {
			return err
		}
	}
	var fd int
	mount := func() (err error) {
		fd, err = over(dirs, work, r.Map, flags)
		return err
	}
	if plain := mount; r.Quota > 0 {
		mount = func() error { return bounded(plain) }
	}
	if plain := mount; r.Map != nil {
		mount = func() error { return apart(plain) }
	}
	if err := mount(); err != nil {
		return err
	}
	if r.Quota > 0 {
		if err := quota.Hold(work, r.Quota, r.Size); err != nil {
			_ = unix.Close(fd)
			return err
		}
	}
	return attach(fd, filepath.Join(dir, rootfs))
}

// over makes an overlay of layers and of what is written, nowhere yet.
func over(dirs []string, work string, m *bundle.Map, flags int) (int, error) {
	var s stack
	defer s.close()
	if err := s.lowers(dirs, m); err != nil {
		return -1, err
	}
	if err := s.writable(work, m); err != nil {
		return -1, err
	}
	if err := s.place(); err != nil {
		return -1, err
	}
	if m != nil {
		if err := become(m); err != nil {
			return -1, err
		}
	}
	fd, err := s.mount(flags)
	if err != nil {
		return -1, err
	}
	if err := written(fd); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// written refuses an overlay that the kernel made read-only because it could
// not work in the directories for what is written.
func written(fd int) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return os.NewSyscallError("statfs", err)
	}
	if fs.Flags&unix.ST_RDONLY != 0 {
		return fail.New(fail.CodeKernel, "overlayfs cannot write to its upper layer (the kernel's log says why)")
	}
	return nil
}

// probe lets try work in a directory that is gone afterwards.
func probe(dir string, try func(tmp string) error) error {
	tmp, err := os.MkdirTemp(dir, ".gt-unpack-probe-")
	if err != nil {
		return err
	}
	err = try(tmp)
	if gone := os.RemoveAll(tmp); err == nil {
		err = gone
	}
	return err
}
