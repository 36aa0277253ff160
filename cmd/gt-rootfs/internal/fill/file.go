package fill

import (
	"bytes"
	"errors"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// small files are read and written in one go; looking for holes and shared
// extents costs more than it saves.
const small = 128 << 10

func (w *walk) file(dir int, name string, was *unix.Stat_t) error {
	// O_NONBLOCK: should a fifo have come in its place, nobody waits for it.
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, path.Base(name), flags|unix.O_NOATIME, 0)
	if err == unix.EPERM {
		fd, err = unix.Openat(dir, path.Base(name), flags, 0)
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Dev != was.Dev || st.Ino != was.Ino || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return fail.New(fail.CodeBusy, "it changed while it was copied")
	}
	m, err := meta(fd, &st)
	if err != nil {
		return err
	}
	return w.tree.File(name, &tree.Content{Copy: func(to int, spend func(int64) error) error {
		return w.copy(to, fd, &st, spend)
	}}, m)
}

func (w *walk) copy(to, from int, st *unix.Stat_t, spend func(int64) error) error {
	if st.Size == 0 {
		return nil
	}
	if st.Size > small && !w.plain {
		if err := unix.IoctlFileClone(to, from); err == nil {
			return spend(st.Blocks * 512)
		}
		w.plain = true
	}
	if st.Size <= small && st.Blocks*512 >= st.Size {
		if err := spend(st.Size); err != nil {
			return err
		}
		return w.stretch(to, from, 0, st.Size)
	}
	if err := unix.Ftruncate(to, st.Size); err != nil {
		return err
	}
	return w.data(to, from, st.Size, spend)
}

// data copies what is between the holes of a file.
func (w *walk) data(to, from int, size int64, spend func(int64) error) error {
	for at := int64(0); at < size; {
		start, err := unix.Seek(from, at, unix.SEEK_DATA)
		if err == unix.ENXIO {
			return nil
		}
		if err != nil {
			return err
		}
		end, err := unix.Seek(from, start, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		if end = min(end, size); end <= start {
			return nil
		}
		if err := spend(end - start); err != nil {
			return err
		}
		if err := w.stretch(to, from, start, end); err != nil {
			return err
		}
		at = end
	}
	return nil
}

func (w *walk) stretch(to, from int, at, end int64) error {
	for at < end {
		n, err := w.some(to, from, at, end-at)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return fail.New(fail.CodeBusy, "it shrank while it was copied")
		}
		at += int64(n)
	}
	return nil
}

func (w *walk) some(to, from int, at, n int64) (int, error) {
	if n > small {
		in, out := at, at
		done, err := unix.CopyFileRange(from, &in, to, &out, int(min(n, 1<<30)), 0)
		if err == nil || !errors.Is(err, unix.EXDEV) && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOPNOTSUPP) {
			return done, err
		}
	}
	done, err := unix.Pread(from, w.buf[:min(n, int64(len(w.buf)))], at)
	if err != nil {
		return 0, err
	}
	for put := 0; put < done; {
		m, err := unix.Pwrite(to, w.buf[put:done], at+int64(put))
		if err != nil && err != unix.EINTR {
			return 0, err
		}
		put += max(m, 0)
	}
	return done, nil
}

// meta takes all that a file is but its content; fd may be O_PATH.
func meta(fd int, st *unix.Stat_t) (*tree.Meta, error) {
	m := &tree.Meta{Mode: st.Mode & 0o7777, UID: st.Uid, GID: st.Gid, Atime: st.Atim, Mtime: st.Mtim}
	self := "/proc/self/fd/" + strconv.Itoa(fd)
	names, err := attribute(func(buf []byte) (int, error) { return unix.Listxattr(self, buf) })
	if err == unix.EOPNOTSUPP || len(names) == 0 {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range bytes.Split(bytes.TrimSuffix(names, []byte{0}), []byte{0}) {
		value, err := attribute(func(buf []byte) (int, error) { return unix.Getxattr(self, string(name), buf) })
		if err == unix.ENODATA {
			continue
		}
		if err != nil {
			return nil, err
		}
		m.Xattrs = append(m.Xattrs, tree.Xattr{Name: string(name), Value: value})
	}
	return m, nil
}

// Meta is all that an open file is but its content; fd may be O_PATH.
func Meta(fd int) (*tree.Meta, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	return meta(fd, &st)
}

// attribute asks with a buffer that is large enough, which may take turns.
func attribute(get func([]byte) (int, error)) ([]byte, error) {
	for {
		n, err := get(nil)
		if err != nil || n == 0 {
			return nil, err
		}
		buf := make([]byte, n)
		n, err = get(buf)
		if err == unix.ERANGE {
			continue
		}
		if err != nil {
			return nil, err
		}
		return buf[:n], nil
	}
}
