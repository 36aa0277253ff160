// Package fill puts a source (an archive, a directory) into a tree.
package fill

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/archive"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// Tar unpacks an archive, plain or compressed, into the tree and finishes it.
func Tar(ctx context.Context, t *tree.Tree, src io.Reader) error {
	a, err := Open(ctx, src, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Into(t); err != nil {
		return err
	}
	return t.Finish()
}

// An Archive is one whose first entry was read, which says what it is.
type Archive struct {
	Done bool // all was read

	stream *archive.Stream
	r      *tar.Reader
	root   *tar.Entry // where the root itself comes first, it
	first  *tar.Entry
}

// Open begins to read an archive; all its plain content goes through sum, if
// there is one. src stays the caller's.
func Open(ctx context.Context, src io.Reader, sum hash.Hash) (*Archive, error) {
	s, err := archive.Summed(ctx, src, sum, nil)
	if err != nil {
		return nil, err
	}
	a, err := begun(s)
	if err != nil {
		s.Close()
	}
	return a, err
}

// Layer puts all of an opened archive into the tree, which it does not finish.
func Layer(t *tree.Tree, s *archive.Stream) error {
	a, err := begun(s)
	if err != nil {
		return err
	}
	return a.Into(t)
}

func begun(s *archive.Stream) (*Archive, error) {
	if err := s.Look(); err != nil {
		return nil, err
	}
	a := &Archive{stream: s, r: tar.NewReader(s)}
	a.r.Verified = s.Format != archive.Tar
	var err error
	if a.first, err = a.r.Next(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if e := a.first; e != nil && e.Type == tar.Dir && path.Clean(e.Name) == "." {
		a.root = e
		if a.first, err = a.r.Next(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	return a, nil
}

// Close ends the reading.
func (a *Archive) Close() { a.stream.Close() }

// Count is how many bytes of plain content were read so far; any goroutine may
// ask.
func (a *Archive) Count() int64 { return a.stream.Count.Load() }

// InPlace tells whether Count is the place in the file that is read.
func (a *Archive) InPlace() bool { return a.stream.InPlace() }

// First is the name of the first entry below the root, "" if there is none.
func (a *Archive) First() string {
	if a.first == nil {
		return ""
	}
	return a.first.Name
}

// Into puts all entries into the tree, which it does not finish.
func (a *Archive) Into(t *tree.Tree) error {
	if a.root != nil {
		if err := put(t, a.r, a.root); err != nil {
			return err
		}
	}
	for e := a.first; e != nil; {
		if err := put(t, a.r, e); err != nil {
			return err
		}
		next, err := a.r.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		e = next
	}
	a.Done = true
	return nil
}

// put is entry with the name in the error.
func put(t *tree.Tree, r *tar.Reader, e *tar.Entry) error {
	err := entry(t, r, e)
	if err == nil {
		return nil
	}
	var late *tree.Late
	if errors.As(err, &late) {
		return late
	}
	return fmt.Errorf("%s: %w", tar.Show(e.Name), err)
}

func entry(t *tree.Tree, r *tar.Reader, e *tar.Entry) error {
	if t.IsWhiteout(e.Name) {
		return t.Whiteout(e.Name)
	}
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
	c := &tree.Content{Size: e.Size, Read: r, Take: func() (tree.From, bool, error) {
		from, ok, err := r.Take()
		return tree.From(from), ok, err
	}}
	if e.Sparse {
		c.Extents = make([]tree.Extent, len(e.Extents))
		for i, x := range e.Extents {
			c.Extents[i] = tree.Extent(x)
		}
	}
	return c
}
