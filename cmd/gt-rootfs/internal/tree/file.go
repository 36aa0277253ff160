package tree

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A Content is what goes into a regular file.
type Content struct {
	Size    int64    // of the file, holes included
	Extents []Extent // where the data goes; nil is the whole file
	Read    Reader   // gives the data of all extents in one row
	// Copy fills the file instead of Read; it says to spend how many bytes
	// it is about to write.
	Copy func(fd int, spend func(int64) error) error
	// Take says where all data lies in a file, if it does, and then Read
	// gives none.
	Take func() (From, bool, error)
}

// From is a place in a file that stays open until Finish. Done is told how many
// bytes were taken from there.
type From struct {
	File *os.File
	At   int64
	Done func(n int64)
}

// An Extent is a stretch of data in a file, in bytes.
type Extent struct{ Offset, Length int64 }

// A Reader gives data piece by piece until io.EOF.
type Reader interface{ Data() ([]byte, error) }

// File makes a regular file.
func (t *Tree) File(name string, c *Content, m *Meta) error {
	name, dir, base, err := t.spot(name, "file")
	if err != nil {
		return err
	}
	if err := refuse(m.Xattrs); err != nil {
		return err
	}
	if done, err := t.delegate(name, base, c, m); done || err != nil {
		return err
	}
	fd := -1
	err = t.replace(dir, base, func() (err error) {
		fd, err = unix.Openat(dir, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, m.Mode&0o777)
		return err
	})
	if err != nil {
		return err
	}
	err = t.content(fd, c)
	if err == nil {
		err = t.finish(fd, m, m.Mode&0o7000 != 0)
	}
	return errors.Join(err, unix.Close(fd))
}

// delegate leaves the making of a file to the crew, where that can be.
func (t *Tree) delegate(name, base string, c *Content, m *Meta) (done bool, err error) {
	small := c.Size <= smallFile
	if c.Read == nil || c.Extents != nil || !small && c.Take == nil {
		return false, nil
	}
	// spot has put the directory into the cache.
	p, _, err := t.holder(name, true)
	if err != nil || p != nil && p.alias {
		return false, nil //nolint:nilerr // who makes it himself will see
	}
	f := file{name: name, base: base, meta: *m, size: c.Size}
	if p != nil {
		f.dir = p.dir
	}
	if !small {
		var ok bool
		if f.from, ok, err = c.Take(); err != nil || !ok {
			return false, err
		}
	}
	if err := t.spend(c.Size); err != nil {
		return false, err
	}
	return true, t.hire().hand(f, c.Read)
}

func (t *Tree) content(fd int, c *Content) error {
	if c.Copy != nil {
		return c.Copy(fd, t.spend)
	}
	if c.Extents == nil {
		return t.pour(fd, c.Read, c.Size)
	}
	if err := unix.Ftruncate(fd, c.Size); err != nil {
		return err
	}
	return t.scatter(fd, c)
}

// pour writes all data in a row.
func (t *Tree) pour(fd int, r Reader, size int64) error {
	if size == 0 {
		return nil
	}
	if err := t.spend(size); err != nil {
		return err
	}
	for {
		b, err := r.Data()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := write(fd, b, -1); err != nil {
			return err
		}
	}
}

// scatter writes data to its extents and leaves the rest a hole.
func (t *Tree) scatter(fd int, c *Content) error {
	var b []byte
	for _, x := range c.Extents {
		if err := t.spend(x.Length); err != nil {
			return err
		}
		for x.Length > 0 {
			if len(b) == 0 {
				var err error
				if b, err = c.Read.Data(); err != nil {
					return err
				}
			}
			n := min(x.Length, int64(len(b)))
			if err := write(fd, b[:n], x.Offset); err != nil {
				return err
			}
			b = b[n:]
			x.Offset += n
			x.Length -= n
		}
	}
	return nil
}

// write writes all of b, at the current place if at is negative.
func write(fd int, b []byte, at int64) error {
	for len(b) > 0 {
		var n int
		var err error
		if at < 0 {
			n, err = unix.Write(fd, b)
		} else {
			n, err = unix.Pwrite(fd, b, at)
			at += int64(max(n, 0))
		}
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
