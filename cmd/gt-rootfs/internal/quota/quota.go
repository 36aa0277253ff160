// Package quota holds directories to a size by project quotas, where the file
// system has them (quotactl(2), ext4(5) prjquota, xfs_quota(8)).
package quota

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNone is a file system, or a kernel, without project quotas.
var ErrNone = errors.New("no project quota")

// first of the numbers of projects that are ours, far from those that people
// give by hand; there are as many.
const first = 1 << 30

// Make makes a directory whose content may have size bytes at most. It returns
// the project's number.
func Make(dir string, size int64) (uint32, error) {
	device, err := deviceOf(filepath.Dir(dir))
	if err != nil {
		return 0, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, err
	}
	project, err := free(device)
	if err == nil {
		err = hold(device, dir, project, size)
	}
	if err != nil {
		_ = os.Remove(dir)
		return 0, err
	}
	return project, nil
}

// Hold gives a directory, and what will be made in it, a project that was made
// for it, and limits that anew.
func Hold(dir string, project uint32, size int64) error {
	device, err := deviceOf(dir)
	if err != nil {
		return err
	}
	return hold(device, dir, project, size)
}

func hold(device, dir string, project uint32, size int64) error {
	if err := limit(device, project, size); err != nil {
		return err
	}
	f, err := open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	a, err := attributes(f)
	if err != nil {
		return fmt.Errorf("read the project of %s: %w", dir, err)
	}
	a.project, a.flags = project, a.flags|projectInherit
	if err := a.give(f); err != nil {
		return fmt.Errorf("set the project of %s: %w", dir, err)
	}
	return nil
}

// Lift takes the limit off the project of a directory, so that nothing is kept
// of one that is removed. A project that Make did not make, or a directory that
// somebody else owns and gave a project of his choice, stays as it is.
func Lift(dir string) error {
	f, err := open(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || int(st.Uid) != os.Geteuid() {
		return err
	}
	a, err := attributes(f)
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EOPNOTSUPP) || err == nil && a.project < first {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the project of %s: %w", dir, err)
	}
	device, err := deviceOf(dir)
	if err != nil {
		return err
	}
	return limit(device, a.project, 0)
}

func open(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
}

// free finds a project that nobody uses or has limited.
func free(device string) (uint32, error) {
	for range 100 {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return 0, err
		}
		project := first | binary.LittleEndian.Uint32(b[:])&(first-1)
		used, err := inUse(device, project)
		if err != nil {
			return 0, ErrNone
		}
		if !used {
			return project, nil
		}
	}
	return 0, ErrNone
}

// deviceOf is the block device of the file system that holds dir.
func deviceOf(dir string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return "", fmt.Errorf("stat %s: %w", dir, err)
	}
	if unix.Major(st.Dev) == 0 {
		return "", ErrNone
	}
	text, err := os.ReadFile(fmt.Sprintf("/sys/dev/block/%d:%d/uevent", unix.Major(st.Dev), unix.Minor(st.Dev)))
	if err != nil {
		return "", ErrNone
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "DEVNAME="); ok {
			return "/dev/" + name, nil
		}
	}
	return "", ErrNone
}
