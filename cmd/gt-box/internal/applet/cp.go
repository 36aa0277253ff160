package applet

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

type copying struct{ tree, keep, links, force bool }

// cp [-raRpPdfL] source… target
func cp(args []string) int {
	f, names, err := options(args, "raRpPdfLvT")
	if err != nil || len(names) < 2 {
		return misuse(args, "usage: cp [-rapPdf] source… target")
	}
	c := copying{
		tree:  f.has('r') || f.has('R') || f.has('a'),
		keep:  f.has('p') || f.has('a'),
		links: !f.has('L') && (f.has('P') || f.has('d') || f.has('a') || f.has('r') || f.has('R')),
		force: f.has('f'),
	}
	return toward(args, names, f.has('T'), c.copy)
}

// toward calls do for each name but the last, which is the target or, if it is
// a directory and not itself, where the targets lie.
func toward(args, names []string, itself bool, do func(src, dst string) error) int {
	sources, target := names[:len(names)-1], names[len(names)-1]
	into := isDir(target) && !itself
	if len(sources) > 1 && !into {
		return fail(args, "%s: need a directory", target)
	}
	return each(args, sources, func(src string) error {
		if into {
			return do(src, filepath.Join(target, filepath.Base(src)))
		}
		return do(src, target)
	})
}

func (c copying) copy(src, dst string) error {
	info := os.Stat
	if c.links {
		info = os.Lstat
	}
	from, err := info(src)
	if err != nil {
		return err
	}
	if to, err := os.Stat(dst); err == nil && os.SameFile(from, to) {
		return fmt.Errorf("is the same file as %s", dst)
	}
	switch mode := from.Mode(); {
	case mode.IsDir():
		return c.dir(src, dst, from)
	case mode.IsRegular():
		err = c.file(src, dst, from)
	case mode&os.ModeSymlink != 0:
		err = c.link(src, dst)
	case c.tree:
		err = c.special(dst, from)
	default:
		err = c.file(src, dst, from)
	}
	if err != nil {
		return err
	}
	return c.attributes(dst, from)
}

func (c copying) dir(src, dst string, from os.FileInfo) error {
	if !c.tree {
		return fmt.Errorf("is a directory, need -r")
	}
	list, err := os.ReadDir(src)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dst, 0o700|from.Mode().Perm()); err != nil && !isDir(dst) {
		return err
	}
	for _, e := range list {
		if err := c.copy(filepath.Join(src, e.Name()), filepath.Join(dst, e.Name())); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), why(err))
		}
	}
	return c.attributes(dst, from)
}

func (c copying) file(src, dst string, from os.FileInfo) error {
	r, err := os.Open(src)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, from.Mode().Perm())
	if err != nil && c.force && os.Remove(dst) == nil {
		w, err = os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, from.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", dst, why(err))
	}
	_, err = io.Copy(w, r)
	if e := w.Close(); err == nil {
		err = e
	}
	return err
}

func (c copying) link(src, dst string) error {
	to, err := os.Readlink(src)
	if err != nil {
		return err
	}
	err = os.Symlink(to, dst)
	if errno(err) == unix.EEXIST && os.Remove(dst) == nil {
		err = os.Symlink(to, dst)
	}
	return err
}

func (c copying) special(dst string, from os.FileInfo) error {
	st, ok := from.Sys().(*unixStat)
	if !ok {
		return unix.ENOTSUP
	}
	return unix.Mknod(dst, st.Mode, int(st.Rdev))
}

// attributes gives the copy owner, mode and time, in this order: a change of
// owner takes the set-user-ID bit away.
func (c copying) attributes(dst string, from os.FileInfo) error {
	if !c.keep {
		return nil
	}
	st, ok := from.Sys().(*unixStat)
	if !ok {
		return nil
	}
	if err := os.Lchown(dst, int(st.Uid), int(st.Gid)); err != nil && errno(err) != unix.EPERM {
		return err
	}
	if from.Mode()&os.ModeSymlink != 0 {
		return nil
	}
	if err := unix.Chmod(dst, st.Mode&0o7777); err != nil {
		return err
	}
	return os.Chtimes(dst, time.Unix(st.Atim.Unix()), from.ModTime())
}
