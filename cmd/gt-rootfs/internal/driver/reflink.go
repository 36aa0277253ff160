package driver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// reflink is a copy that shares its blocks with the store until one of the two
// writes (ioctl_ficlonerange(2): btrfs, xfs, bcachefs).
type reflink struct{}

func (reflink) Name() string { return "reflink" }

func (reflink) Probe(dir string) error {
	return probe(dir, func(tmp string) error {
		from, err := os.Create(filepath.Join(tmp, "from"))
		if err != nil {
			return err
		}
		defer from.Close()
		if _, err := from.Write(make([]byte, 1<<16)); err != nil {
			return err
		}
		to, err := os.Create(filepath.Join(tmp, "to"))
		if err != nil {
			return err
		}
		defer to.Close()
		if err := unix.IoctlFileClone(int(to.Fd()), int(from.Fd())); err != nil {
			return fmt.Errorf("the file system shares no blocks: %w", err)
		}
		return nil
	})
}

func (reflink) Make(ctx context.Context, j *Job) error {
	base, err := j.Content.Base(ctx, false)
	if err != nil {
		return err
	}
	if err := os.Mkdir(j.rootfs(), 0o755); err != nil {
		return err
	}
	t, err := tree.Open(ctx, j.rootfs(), tree.Options{})
	if err != nil {
		return err
	}
	defer t.Close()
	return fill.Dir(t, base)
}

func (reflink) Standing(r *bundle.Record) []string { return mapOnly(r) }

func (reflink) Mount(dir string, r *bundle.Record) error { return mountMapped(dir, r) }
