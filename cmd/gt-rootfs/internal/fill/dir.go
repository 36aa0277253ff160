package fill

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Dir copies a directory into the tree and finishes it. File systems of the
// kernel's own making (/proc, /sys, /dev, /run …) mounted below it stay out,
// real ones are part of it. The source may change meanwhile, even by somebody
// hostile: everything is opened below its parent and never through a symlink.
func Dir(t *tree.Tree, src string) error {
	root, err := unix.Open(src, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", src, err)
	}
	return begin(t, root)
}

// DirAt is Dir for an open directory, which stays the caller's.
func DirAt(t *tree.Tree, dir int) error {
	root, err := unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return begin(t, root)
}

// begin takes the descriptor over.
func begin(t *tree.Tree, root int) error {
	var err error
	w := &walk{tree: t, links: map[inode]string{}, buf: make([]byte, small)}
	if w.root.dev, w.root.ino, err = t.Root(); err != nil {
		return errors.Join(err, unix.Close(root))
	}
	if err := w.dir(root, "."); err != nil {
		return err
	}
	return t.Finish()
}

type inode struct{ dev, ino uint64 }

type walk struct {
	tree  *tree.Tree
	root  inode            // of the tree, which may not be met
	links map[inode]string // files with further names still to come
	buf   []byte
	plain bool // the two file systems share no extents
}

// dir takes the descriptor over.
func (w *walk) dir(fd int, name string) error {
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if (inode{st.Dev, st.Ino}) == w.root {
		return fail.New(fail.CodeInput, "the bundle lies inside the directory it is copied from, at %s", name)
	}
	m, err := meta(fd, &st)
	if err == nil {
		err = w.tree.Dir(name, m)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", tar.Show(name), err)
	}
	for {
		names, err := f.Readdirnames(1024) // of perhaps millions
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, base := range names {
			if err := w.child(fd, &st, path.Join(name, base)); err != nil {
				return err
			}
		}
	}
}

func (w *walk) child(dir int, above *unix.Stat_t, name string) error {
	base := path.Base(name)
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("%s: %w", tar.Show(name), err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		if err := w.leaf(dir, name, &st); err != nil {
			return fmt.Errorf("%s: %w", tar.Show(name), err)
		}
		return nil
	}
	fd, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", tar.Show(name), err)
	}
	if st.Dev != above.Dev && pseudo(fd) {
		_ = unix.Close(fd)
		return w.tree.Dir(name, &tree.Meta{Mode: 0o755, Atime: st.Atim, Mtime: st.Mtim})
	}
	return w.dir(fd, name)
}

// leaf copies anything but a directory.
func (w *walk) leaf(dir int, name string, st *unix.Stat_t) error {
	id := inode{st.Dev, st.Ino}
	if first, ok := w.links[id]; ok {
		return w.tree.Link(name, first)
	}
	base, kind := path.Base(name), st.Mode&unix.S_IFMT
	var err error
	if kind == unix.S_IFREG {
		err = w.file(dir, name, st)
	} else {
		err = w.special(dir, base, name)
	}
	if err == nil && st.Nlink > 1 {
		w.links[id] = name
	}
	return err
}

func (w *walk) special(dir int, base, name string) error {
	fd, err := unix.Openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	m, err := meta(fd, &st)
	if err != nil {
		return err
	}
	switch kind := st.Mode & unix.S_IFMT; kind {
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", target)
		if err != nil {
			return err
		}
		return w.tree.Symlink(name, string(target[:n]), m)
	case unix.S_IFCHR, unix.S_IFBLK, unix.S_IFIFO, unix.S_IFSOCK:
		return w.tree.Node(name, kind, st.Rdev, m)
	}
	return fail.New(fail.CodeBusy, "it changed while it was copied")
}

// pseudo tells file systems that hold nothing of their own or nothing that
// outlives a boot.
func pseudo(fd int) bool {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return false
	}
	switch fs.Type {
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.TMPFS_MAGIC, unix.RAMFS_MAGIC, unix.DEVPTS_SUPER_MAGIC,
		unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC,
		unix.SECURITYFS_MAGIC, unix.PSTOREFS_MAGIC, unix.BPF_FS_MAGIC, unix.HUGETLBFS_MAGIC,
		unix.EFIVARFS_MAGIC, unix.BINFMTFS_MAGIC, unix.NSFS_MAGIC, unix.AUTOFS_SUPER_MAGIC,
		unix.SELINUX_MAGIC, mqueueMagic, configfsMagic, fusectlMagic:
		return true
	}
	return false
}

// From linux/ipc/mqueue.c, fs/configfs/mount.c and fs/fuse/control.c.
const (
	mqueueMagic   = 0x19800202
	configfsMagic = 0x62656570
	fusectlMagic  = 0x65735543
)
