package driver

import (
	"context"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// erofs keeps everything in one read-only image of the store, below an overlay:
// few inodes and no way to change it, also for who can write to the store.
type erofs struct{}

func (erofs) Name() string { return "erofs" }

func (erofs) Probe(dir string) error {
	if _, err := program("mkfs.erofs"); err != nil {
		return err
	}
	if inUserNamespace() {
		return fail.New(fail.CodeKernel, "an erofs cannot be mounted in a user namespace")
	}
	fs, err := unix.Fsopen("erofs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return fail.New(fail.CodeKernel, "the kernel has no erofs")
	}
	_ = unix.Close(fs)
	return overlay{}.Probe(dir)
}

func (erofs) Make(ctx context.Context, j *Job) error {
	file, err := j.Content.Image(ctx)
	if err != nil {
		return err
	}
	j.Record.Disk = &bundle.Disk{Path: file, Type: "erofs"}
	return stacked(ctx, j)
}

func (erofs) Standing(r *bundle.Record) []string { return overlay{}.Standing(r) }

func (erofs) Mount(dir string, r *bundle.Record) error { return overlay{}.Mount(dir, r) }

// Erofs makes an image of a directory. The same content gives the same bytes.
func Erofs(ctx context.Context, dir, file string) error {
	return run(ctx, "mkfs.erofs", "--quiet", "-U", "00000000-0000-0000-0000-000000000000", filepath.Clean(file), dir)
}

// Sealed asks fs-verity to hold a file, where the file system has it: from then
// on the kernel refuses every block that changed.
func Sealed(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return false, err
	}
	// Hashes are over blocks no larger than the file system's.
	switch err := enableVerity(int(f.Fd()), uint32(min(fs.Bsize, 4096))); err {
	case nil, unix.EEXIST:
		return true, nil
	case unix.ENOTTY, unix.EOPNOTSUPP:
		return false, nil
	default:
		return false, &os.PathError{Op: "enable fs-verity of", Path: file, Err: err}
	}
}
