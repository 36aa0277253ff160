package tree

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Dir makes a directory or takes the one that is there.
func (t *Tree) Dir(name string, m *Meta) error {
	name, err := t.enter(name)
	if err != nil {
		return err
	}
	if err := refuse(m.Xattrs); err != nil {
		return err
	}
	if name != "" {
		dir := t.root
		p, base, err := t.holder(name, true)
		if err != nil {
			return err
		}
		if p != nil {
			dir, t.alias = p.dir.fd, t.alias || p.alias
		}
		t.made(name)
		if t.onWay(name) {
			if err := t.settle(); err != nil {
				return err
			}
		}
		if err := t.mkdir(dir, base, name); err != nil {
			return err
		}
	}
	return t.remember(name, m)
}

func (t *Tree) mkdir(dir int, base, name string) error {
	err := unix.Mkdirat(dir, base, 0o700)
	if err != unix.EEXIST {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return nil
	}
	if t.opt.Kept {
		return fail.New(fail.CodeExists, "what is in its place is no directory")
	}
	if t.opt.Form == Overlay && st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 {
		t.hide[name] = true // the whiteout came first
	}
	if err := t.unlink(dir, base); err != nil {
		return err
	}
	return unix.Mkdirat(dir, base, 0o700)
}

// replace makes something new at a name, whatever was there before; only a
// directory with entries stays, as with other unpackers.
func (t *Tree) replace(dir int, base string, create func() error) error {
	err := create()
	if err != unix.EEXIST {
		return err
	}
	if err := t.unlink(dir, base); err != nil {
		return err
	}
	return create()
}

func (t *Tree) unlink(dir int, base string) error {
	if err := t.settle(); err != nil {
		return err
	}
	t.parents.forget()
	err := unix.Unlinkat(dir, base, 0)
	if err == unix.EISDIR && t.opt.Kept {
		return fail.New(fail.CodeExists, "a directory is in its place")
	}
	if err == unix.EISDIR || err == unix.EPERM {
		err = unix.Unlinkat(dir, base, unix.AT_REMOVEDIR)
	}
	if err == unix.ENOTEMPTY && t.layer > 1 {
		return t.remove(dir, base)
	}
	if err == unix.ENOTEMPTY {
		return fail.New(fail.CodeInput, "a directory with entries is in its place")
	}
	return err
}

// spot finds the parent of anything that may not be the root.
func (t *Tree) spot(name, kind string) (string, int, string, error) {
	name, err := t.enter(name)
	if err != nil {
		return "", -1, "", err
	}
	if name == t.opt.Below {
		return "", -1, "", fail.New(fail.CodeUnsafe, "the root would be a %s, need a directory", kind)
	}
	if t.onWay(name) {
		if err := t.settle(); err != nil {
			return "", -1, "", err
		}
	}
	dir, base, err := t.parent(name, true)
	t.made(name)
	return name, dir, base, err
}

// Symlink makes a symlink. Where it points to is its own affair: absolute and
// dangling targets are legal, and nobody here follows them out of the root.
func (t *Tree) Symlink(name, target string, m *Meta) error {
	_, dir, base, err := t.spot(name, "symlink")
	if err != nil {
		return err
	}
	if target == "" {
		return fail.New(fail.CodeInput, "a symlink has no target")
	}
	if err := refuse(m.Xattrs); err != nil {
		return err
	}
	err = t.replace(dir, base, func() error { return unix.Symlinkat(target, dir, base) })
	if err != nil {
		return err
	}
	return t.dress(dir, base, unix.S_IFLNK, m)
}

// Link makes a hard link to a name made earlier. A symlink is linked itself,
// never what it points to.
func (t *Tree) Link(name, target string) error {
	name, _, _, err := t.spot(name, "hard link")
	if err != nil {
		return err
	}
	if target, err = t.place(target); err != nil {
		return fmt.Errorf("link to %q: %w", target, err)
	}
	if target == t.opt.Below {
		return fail.New(fail.CodeInput, "a hard link to the root")
	}
	if target == name {
		return fail.New(fail.CodeInput, "a hard link to itself")
	}
	if t.onWay(target) {
		if err := t.settle(); err != nil {
			return err
		}
	}
	// The cache may give up one of the two: the second is asked for again.
	from, old, err := t.parent(target, false)
	if err != nil {
		return fmt.Errorf("link to %s: %w", target, t.below(err))
	}
	dir, base, err := t.parent(name, true)
	if err != nil {
		return err
	}
	var there, here unix.Stat_t
	if err := unix.Fstatat(from, old, &there, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("link to %s: %w", target, t.below(err))
	}
	if there.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fail.New(fail.CodeInput, "a hard link to the directory %s", target)
	}
	err = unix.Linkat(from, old, dir, base, 0)
	if err != unix.EEXIST {
		return err
	}
	if err := unix.Fstatat(dir, base, &here, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if here.Dev == there.Dev && here.Ino == there.Ino {
		return nil
	}
	return t.replace(dir, base, func() error { return unix.Linkat(from, old, dir, base, 0) })
}

// Node makes a device, fifo or socket; kind is its S_IF constant.
func (t *Tree) Node(name string, kind uint32, dev uint64, m *Meta) error {
	_, dir, base, err := t.spot(name, "device or fifo")
	if err != nil {
		return err
	}
	if err := refuse(m.Xattrs); err != nil {
		return err
	}
	device := kind == unix.S_IFCHR || kind == unix.S_IFBLK
	if device && t.opt.NoDevices {
		t.Skipped++
		return nil
	}
	if kind == unix.S_IFCHR && dev == 0 {
		return fail.New(fail.CodeUnsafe, "device 0:0 is how overlayfs says that a file is deleted")
	}
	err = t.replace(dir, base, func() error { return unix.Mknodat(dir, base, kind|m.Mode&0o777, int(dev)) })
	if err == unix.EPERM && device {
		return fmt.Errorf("mknod %d:%d, which --no-devices leaves out: %w", unix.Major(dev), unix.Minor(dev), err)
	}
	if err != nil {
		return err
	}
	return t.dress(dir, base, kind, m)
}
