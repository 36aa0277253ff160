package tree

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// piece is how much is transferred at once: between two, a signal ends it.
const piece = 16 << 20

// transfer fills a new file with what lies in another one, without a copy
// through our own memory.
func (t *Tree) transfer(fd int, f *file) error {
	src, at := int(f.from.File.Fd()), f.from.At
	var buf []byte
	for left := f.size; left > 0; {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		n, err := 0, error(nil)
		if buf == nil {
			n, err = unix.Sendfile(fd, src, &at, int(min(left, piece)))
		} else if n, err = unix.Pread(src, buf[:min(left, int64(len(buf)))], at); err == nil {
			err = write(fd, buf[:n], -1)
			at += int64(n)
		}
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case buf == nil && (err == unix.EINVAL || err == unix.ENOSYS): // its file system has no splice
			buf = make([]byte, 128<<10)
			continue
		case err != nil:
			return err
		case n == 0:
			return fail.New(fail.CodeInput, "the archive is cut off inside it")
		}
		left -= int64(n)
		f.from.Done(int64(n))
	}
	return nil
}
