package driver

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// fuse is an overlay by the program fuse-overlayfs, for kernels and file
// systems that have none of their own for this user.
type fuse struct{}

const fuseProgram = "fuse-overlayfs"

func (fuse) Name() string { return fuseProgram }

func (fuse) Probe(string) error {
	if _, err := program(fuseProgram); err != nil {
		return err
	}
	if err := unix.Access("/dev/fuse", unix.R_OK|unix.W_OK); err != nil {
		return fail.New(fail.CodeHost, "open /dev/fuse: %w", err)
	}
	return nil
}

func (fuse) Make(ctx context.Context, j *Job) error {
	if j.Record.Map != nil {
		return fail.New(fail.CodeUsage, "fuse-overlayfs cannot move owners, need overlay or copy")
	}
	return stacked(ctx, j)
}

func (fuse) Standing(r *bundle.Record) []string { return standing(r, r.Size > 0) }

func (fuse) Mount(dir string, r *bundle.Record) error {
	work := filepath.Join(dir, upper)
	dirs := r.Lower
	if r.Disk != nil {
		fd, err := Disk(dir, r.Disk)
		if err != nil {
			return err
		}
		if err := attach(fd, filepath.Join(dir, lower)); err != nil {
			return err
		}
		dirs = append(slices.Clone(dirs), filepath.Join(dir, lower))
	}
	if r.Size > 0 {
		if err := mountSpace(dir); err != nil {
			return err
		}
	}
	for _, d := range []string{work, work + "/upper", work + "/work"} {
		if err := os.Mkdir(d, 0o700); err != nil && !os.IsExist(err) {
			return err
		}
	}
	for _, d := range append([]string{dir}, dirs...) {
		if strings.ContainsAny(d, `,:\`) {
			return fail.New(fail.CodeInput, `%q holds a comma, colon or backslash, which fuse-overlayfs takes apart`, d)
		}
	}
	if err := alike(dirs[0], work+"/upper"); err != nil {
		return err
	}
	// It goes on by itself and ends with the mount.
	return run(context.Background(), fuseProgram, "-o",
		"lowerdir="+strings.Join(dirs, ":")+",upperdir="+work+"/upper,workdir="+work+"/work",
		filepath.Join(dir, rootfs))
}
