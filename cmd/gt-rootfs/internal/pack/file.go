package pack

import (
	"io"
	"path"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// file writes a regular file, with its holes as holes.
func (p *Packer) file(dir int, full string, was inode) error {
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, path.Base(full), flags|unix.O_NOATIME, 0)
	if err == unix.EPERM {
		fd, err = unix.Openat(dir, path.Base(full), flags, 0)
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if (inode{st.Dev, st.Ino}) != was {
		return errChanged
	}
	m, err := fill.Meta(fd)
	if err != nil {
		return err
	}
	if st.Size == 0 {
		if n, err := unix.Pread(fd, p.buf[:1], 0); err == nil && n > 0 {
			return fail.New(fail.CodeInput, "it has content but no size, as files of the kernel have")
		}
	}
	list, whole, err := extents(fd, &st)
	if err != nil {
		return err
	}
	err = p.head(full, tar.File, m, func(e *tar.Entry) {
		e.Size = st.Size
		if !whole {
			e.Sparse, e.Extents = true, list
		}
	})
	for _, x := range list {
		if err == nil {
			err = p.copy(fd, x)
		}
	}
	return err
}

// extents finds the data of a file. whole says that there are no holes.
func extents(fd int, st *unix.Stat_t) (list []tar.Extent, whole bool, err error) {
	if st.Blocks*512 >= st.Size {
		return []tar.Extent{{Length: st.Size}}, true, nil
	}
	for at := int64(0); at < st.Size; {
		start, err := unix.Seek(fd, at, unix.SEEK_DATA)
		if err == unix.ENXIO {
			break
		}
		if err != nil {
			return nil, false, err
		}
		end, err := unix.Seek(fd, start, unix.SEEK_HOLE)
		if err != nil {
			return nil, false, err
		}
		end = min(end, st.Size)
		if end <= start {
			break
		}
		list = append(list, tar.Extent{Offset: start, Length: end - start})
		at = end
	}
	if len(list) == 1 && list[0] == (tar.Extent{Length: st.Size}) {
		return list, true, nil // compressed by the file system
	}
	// GNU tar takes the size from the last extent.
	if n := len(list); n == 0 || list[n-1].Offset+list[n-1].Length < st.Size {
		list = append(list, tar.Extent{Offset: st.Size})
	}
	return list, false, nil
}

func (p *Packer) copy(fd int, x tar.Extent) error {
	for x.Length > 0 {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		n, err := unix.Pread(fd, p.buf[:min(x.Length, int64(len(p.buf)))], x.Offset)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		if _, err := p.w.Write(p.buf[:n]); err != nil {
			return err
		}
		x.Offset += int64(n)
		x.Length -= int64(n)
	}
	return nil
}
