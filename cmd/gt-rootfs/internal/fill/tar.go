// Package fill puts a source (an archive, a directory) into a tree.
package fill

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/archive"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// Tar unpacks an archive, plain or compressed, into the tree and finishes it.
func Tar(ctx context.Context, t *tree.Tree, src io.Reader) error {
	s, err := archive.Open(ctx, src)
	if err != nil {
		return err
	}
	defer s.Close()
	r := tar.NewReader(s)
	r.Verified = s.Format != archive.Tar
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return t.Finish()
		}
		if err != nil {
			return err
		}
		if err := entry(t, r, e); err != nil {
			return fmt.Errorf("%s: %w", tar.Show(e.Name), err)
		}
	}
}

func entry(t *tree.Tree, r *tar.Reader, e *tar.Entry) error {
	m := tree.Meta{
		Mode: e.Mode, UID: e.UID, GID: e.GID,
		Atime: unix.Timespec{Nsec: unix.UTIME_OMIT},
		Mtime: unix.Timespec{Sec: e.Mtime.Unix(), Nsec: int64(e.Mtime.Nanosecond())},
	}
	for _, x := range e.Xattrs {
		m.Xattrs = append(m.Xattrs, tree.Xattr(x))
	}
	var err error
	if m.Xattrs, err = tree.ACLs(m.Xattrs, e.ACL, e.Default); err != nil {
		return err
	}
	switch e.Type {
	case tar.File:
		return t.File(e.Name, content(r, e), &m)
	case tar.Dir:
		return t.Dir(e.Name, &m)
	case tar.Link:
		return t.Link(e.Name, e.Target)
	case tar.Symlink:
		return t.Symlink(e.Name, e.Target, &m)
	case tar.Char:
		return t.Node(e.Name, unix.S_IFCHR, unix.Mkdev(e.Major, e.Minor), &m)
	case tar.Block:
		return t.Node(e.Name, unix.S_IFBLK, unix.Mkdev(e.Major, e.Minor), &m)
	}
	return t.Node(e.Name, unix.S_IFIFO, 0, &m)
}

func content(r *tar.Reader, e *tar.Entry) *tree.Content {
	c := &tree.Content{Size: e.Size, Read: r}
	if e.Sparse {
		c.Extents = make([]tree.Extent, len(e.Extents))
		for i, x := range e.Extents {
			c.Extents[i] = tree.Extent(x)
		}
	}
	return c
}
