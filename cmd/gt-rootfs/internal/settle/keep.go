// Package settle makes on the host what a container did to its view of it.
package settle

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
)

// aside is the name under which a file is made before it takes its place.
const aside = ".gt-keep-"

// A Keeper makes on the host what a container did to its view of it. Each file
// takes its place as a whole; everything is opened below its directory and no
// symlink is followed.
type Keeper struct {
	Skipped []string // sockets, which are nobody's without their process

	links map[uint64]spot // files of the layer with several names, by inode
	n     int
}

// A spot is a name in an open directory.
type spot struct {
	dir  int
	base string
}

// Keep makes the changes that the layer below upper holds in the directory below.
func (k *Keeper) Keep(upper, below int) error {
	k.links = map[uint64]spot{}
	defer func() {
		for _, l := range k.links {
			_ = unix.Close(l.dir)
		}
	}()
	return k.dir(upper, below, "")
}

func (k *Keeper) dir(upper, below int, name string) error {
	opaque, err := pack.Opaque(upper)
	if err != nil {
		return err
	}
	if opaque {
		if err := empty(below); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	list, err := pack.Names(upper)
	if err != nil {
		return err
	}
	for _, base := range list {
		if err := k.child(upper, below, path.Join(name, base)); err != nil {
			return fmt.Errorf("%s: %w", path.Join("/", name, base), err)
		}
	}
	return nil
}

func (k *Keeper) child(upper, below int, name string) error {
	base := path.Base(name)
	var st, old unix.Stat_t
	if err := unix.Fstatat(upper, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	err := unix.Fstatat(below, base, &old, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil && err != unix.ENOENT {
		return err
	}
	there := err == nil
	isDir, wasDir := st.Mode&unix.S_IFMT == unix.S_IFDIR, there && old.Mode&unix.S_IFMT == unix.S_IFDIR
	if there && isDir != wasDir || pack.Whiteout(&st) {
		if err := remove(below, base); err != nil {
			return err
		}
		there = false
	}
	switch {
	case pack.Whiteout(&st):
		return nil
	case isDir:
		return k.enter(upper, below, name, there)
	case st.Mode&unix.S_IFMT == unix.S_IFSOCK:
		k.Skipped = append(k.Skipped, "/"+name)
		return nil
	}
	return k.leaf(upper, below, base, &st)
}

// enter goes into a directory, which is dressed when it is full.
func (k *Keeper) enter(upper, below int, name string, there bool) error {
	base := path.Base(name)
	if !there {
		if err := unix.Mkdirat(below, base, 0o700); err != nil {
			return err
		}
	}
	from, err := openDir(upper, base)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := openDir(below, base)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if err := k.dir(from, to, name); err != nil {
		return err
	}
	return dress(from, to)
}

// leaf makes a file aside and puts it in its place.
func (k *Keeper) leaf(upper, below int, base string, st *unix.Stat_t) error {
	k.n++
	tmp := aside + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(k.n)
	if first, ok := k.links[st.Ino]; ok {
		if err := unix.Linkat(first.dir, first.base, below, tmp, 0); err != nil {
			return err
		}
		return place(below, tmp, base)
	}
	if err := produce(spot{upper, base}, spot{below, tmp}, st); err != nil {
		_ = unix.Unlinkat(below, tmp, 0)
		return err
	}
	if err := place(below, tmp, base); err != nil {
		return err
	}
	if st.Nlink > 1 {
		fd, err := unix.FcntlInt(uintptr(below), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		k.links[st.Ino] = spot{fd, base}
	}
	return nil
}

func place(dir int, tmp, base string) error {
	err := unix.Renameat(dir, tmp, dir, base)
	if err != nil {
		_ = unix.Unlinkat(dir, tmp, 0)
	}
	return err
}

// produce makes a copy of anything but a directory.
func produce(here, there spot, st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		if err := content(here, there); err != nil {
			return err
		}
	case unix.S_IFLNK:
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(here.dir, here.base, buf)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(string(buf[:n]), there.dir, there.base); err != nil {
			return err
		}
	default:
		if err := unix.Mknodat(there.dir, there.base, st.Mode&unix.S_IFMT|0o600, int(st.Rdev)); err != nil {
			return err
		}
	}
	from, err := unix.Openat(here.dir, here.base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := unix.Openat(there.dir, there.base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	return dress(from, to)
}

// content copies a file, between two file systems that share blocks without
// copying.
func content(here, there spot) error {
	fd, err := unix.Openat(here.dir, here.base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	from := os.NewFile(uintptr(fd), here.base)
	defer from.Close()
	fd, err = unix.Openat(there.dir, there.base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	to := os.NewFile(uintptr(fd), there.base)
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// dress gives to what from has beside its content; both may be O_PATH. A change of
// owner takes setuid away, so it comes first.
func dress(from, to int) error {
	m, err := fill.Meta(from)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstat(to, &st); err != nil {
		return err
	}
	if m.UID != st.Uid || m.GID != st.Gid {
		if err := unix.Fchownat(to, "", int(m.UID), int(m.GID), unix.AT_EMPTY_PATH); err != nil {
			return fmt.Errorf("chown %d:%d: %w", m.UID, m.GID, err)
		}
	}
	// The magic link leads to the very inode, a symlink's own too.
	self := "/proc/self/fd/" + strconv.Itoa(to)
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		if err := unix.Chmod(self, m.Mode); err != nil {
			return fmt.Errorf("chmod %#o: %w", m.Mode, err)
		}
	}
	for _, x := range m.Xattrs {
		if pack.Own(x.Name) {
			continue
		}
		if err := unix.Setxattr(self, x.Name, x.Value, 0); err != nil {
			return fmt.Errorf("set attribute %q: %w", x.Name, err)
		}
	}
	times := []unix.Timespec{m.Atime, m.Mtime}
	return unix.UtimesNanoAt(to, "", times, unix.AT_EMPTY_PATH)
}

func openDir(dir int, base string) (int, error) {
	return unix.Openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// remove deletes base and all below it.
func remove(dir int, base string) error {
	err := unix.Unlinkat(dir, base, 0)
	if err != unix.EISDIR && err != unix.EPERM {
		return err
	}
	fd, err := openDir(dir, base)
	if err != nil {
		return err
	}
	err = empty(fd)
	_ = unix.Close(fd)
	if err != nil {
		return err
	}
	return unix.Unlinkat(dir, base, unix.AT_REMOVEDIR)
}

func empty(dir int) error {
	list, err := pack.Names(dir)
	for _, base := range list {
		err = errors.Join(err, remove(dir, base))
	}
	return err
}
