package driver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// image is an ext4 of its own in a file of the bundle: root and limit in one.
type image struct{}

const (
	imageName = "root.img"
	// roomy is the size of a root that nobody limited; blocks are taken when
	// they are written only.
	roomy = 16 << 30
	// least is what an ext4 needs to be worth it.
	least = 8 << 20
)

func (image) Name() string { return "loop" }

func (image) Probe(string) error {
	if _, err := program("mkfs.ext4"); err != nil {
		return err
	}
	if inUserNamespace() {
		return fail.New(fail.CodeKernel, "an ext4 cannot be mounted in a user namespace")
	}
	if err := unix.Access("/dev/loop-control", unix.R_OK|unix.W_OK); err != nil {
		return fail.New(fail.CodeHost, "open /dev/loop-control: %w", err)
	}
	return nil
}

func (image) Make(ctx context.Context, j *Job) error {
	size := j.Record.Size
	if size == 0 {
		size = roomy
	}
	if err := format(ctx, j.Stage.Path(imageName), size); err != nil {
		return err
	}
	if err := os.Mkdir(j.rootfs(), 0o755); err != nil {
		return err
	}
	j.Record.Disk = &bundle.Disk{Path: imageName, Type: "ext4", Writable: true}
	fd, err := Disk(j.Stage.Dir, j.Record.Disk)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	// Through the descriptor: who is killed here leaves no mount.
	dir := "/proc/self/fd/" + strconv.Itoa(fd) + "/."
	if err := os.Remove(filepath.Join(dir, "lost+found")); err != nil {
		return err
	}
	err = j.Content.Fill(ctx, dir)
	if errors.Is(err, unix.ENOSPC) && j.Record.Size > 0 {
		return fail.New(fail.CodeLimit, "the root does not fit into %d bytes: %w (--size)", size, err)
	}
	return err
}

func (image) Standing(*bundle.Record) []string { return []string{rootfs} }

func (image) Mount(dir string, r *bundle.Record) error {
	fd, err := Disk(dir, r.Disk)
	if err != nil {
		return err
	}
	if r.Map != nil {
		plain := fd
		fd, err = mapped(plain, r.Map)
		_ = unix.Close(plain)
		if err != nil {
			return err
		}
	}
	return attach(fd, filepath.Join(dir, rootfs))
}

// format makes a file with an empty ext4.
func format(ctx context.Context, file string, size int64) error {
	if size < least {
		return fail.New(fail.CodeUsage, "--size %d, need %d or more", size, least)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		return err
	}
	return run(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", file)
}
