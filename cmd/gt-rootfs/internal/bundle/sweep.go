package bundle

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/quota"
)

// Packing begins the name of an archive in the making, which is locked.
const Packing = ".gt-pack-"

// Sweep removes what killed unpacks left in dir and in the bundles directly
// below it, and archives that were not completed in dir, and returns the names.
// What a living process works on stays.
func Sweep(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var gone []string
	var errs []error
	sweep := func(name string) {
		ok, err := remove(name)
		if ok {
			gone = append(gone, name)
		}
		errs = append(errs, err)
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case e.Type().IsRegular() && strings.HasPrefix(e.Name(), Packing):
			sweep(name)
		case !e.IsDir():
		case strings.HasPrefix(e.Name(), prefix):
			sweep(name)
		default:
			// Somebody else's directory: not ours to complain about.
			inner, _ := filepath.Glob(escape(name) + "/" + prefix + "*")
			for _, n := range inner {
				sweep(n)
			}
		}
	}
	return gone, errors.Join(errs...)
}

var meta = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func escape(name string) string { return meta.Replace(name) }

// Trash gives a directory that is about to be removed a name that Sweep knows.
func Trash(dir string) (string, error) {
	to := filepath.Join(filepath.Dir(dir), prefix+"trash-"+rand.Text())
	return to, os.Rename(dir, to)
}

// remove deletes one leftover if nobody holds its lock.
func remove(name string) (bool, error) {
	lock, err := os.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, errors.Join(quota.Lift(filepath.Join(name, Upper)), os.RemoveAll(name))
}
