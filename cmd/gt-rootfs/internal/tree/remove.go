package tree

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Remove deletes a name and all below it; one that is not there is gone.
func (t *Tree) Remove(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	name, err := t.enter(name)
	if err != nil {
		return err
	}
	if err := t.settle(); err != nil {
		return err
	}
	dir, base, err := t.parent(name, false)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil
	}
	if err != nil {
		return err
	}
	t.parents.forget()
	return t.remove(dir, base)
}

// remove deletes base and all below it. Everything goes by descriptors and no
// symlink is followed.
func (t *Tree) remove(dir int, base string) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	err := unix.Unlinkat(dir, base, 0)
	if err == nil || err == unix.ENOENT {
		return nil
	}
	if err != unix.EISDIR && err != unix.EPERM {
		return err
	}
	fd, err := openDir(dir, base)
	if err != nil {
		return err
	}
	err = each(fd, func(base string) error { return t.remove(fd, base) })
	if err != nil {
		return err
	}
	return unix.Unlinkat(dir, base, unix.AT_REMOVEDIR)
}

// older deletes what is in an open directory, which it takes over, but for
// what came with the current layer. name is the directory's own.
func (t *Tree) older(fd int, name string) error {
	return each(fd, func(base string) error {
		full := join(name, base)
		if !t.fresh.has(full) {
			return t.remove(fd, base)
		}
		sub, err := openDir(fd, base)
		if err == unix.ENOTDIR || err == unix.ELOOP {
			return nil
		}
		if err != nil {
			return err
		}
		return t.older(sub, full)
	})
}

// each takes the descriptor over.
func each(fd int, do func(base string) error) error {
	f := os.NewFile(uintptr(fd), "directory")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	for _, base := range names {
		err = errors.Join(err, do(base))
	}
	return err
}

func openDir(dir int, base string) (int, error) {
	return unix.Openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

func join(dir, base string) string {
	if dir == "" {
		return base
	}
	return dir + "/" + base
}
