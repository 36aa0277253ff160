package bundle

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// Discard is Remove for a bundle whose root may be mounted: gt-rootfs takes that
// off first.
func (b *Bundle) Discard() error {
	if _, err := os.Lstat(b.File("rootfs.json")); err == nil {
		if _, err := sibling.Output(context.Background(), "gt-rootfs", "umount", b.Path); err != nil {
			return err
		}
	}
	return b.Remove()
}

// Remove removes the bundle and all that is in it. It is renamed first, so
// that the name is free at once and a second Remove does not meet the bundle
// of a new container. A bundle that something is still mounted in is refused:
// what is removed below a mount point is somebody's data.
func (b *Bundle) Remove() error {
	if err := unmounted(b.Path); err != nil {
		return err
	}
	// Somebody else may have removed it: gt-oci delete does, by a hook.
	now, err := os.Stat(b.File(marker))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove bundle: %w", err)
	}
	if mine, err := b.lock.Stat(); err != nil || !os.SameFile(mine, now) {
		return err
	}
	dir, err := os.MkdirTemp(b.File(".."), ".old-")
	if err != nil {
		return fmt.Errorf("remove bundle: %w", err)
	}
	if err := unix.Rename(b.Path, dir); err != nil && err != unix.ENOENT {
		return fmt.Errorf("remove bundle: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove bundle: %w", err)
	}
	return nil
}

func unmounted(dir string) error {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return fmt.Errorf("remove bundle: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		field := strings.Fields(lines.Text())
		if len(field) < 5 {
			continue
		}
		if point := path.Unmangle(field[4]); strings.HasPrefix(point, dir+"/") {
			return fail.New(fail.CodeBusy, "remove bundle: %s is still mounted", point)
		}
	}
	return lines.Err()
}
