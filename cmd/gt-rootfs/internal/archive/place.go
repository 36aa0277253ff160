package archive

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
)

// Place is where the bytes that the next Next would give lie, if the content is
// a plain file that nobody sums.
func (s *Stream) Place() (tar.From, bool) {
	return tar.From{File: s.file, At: s.at, Done: func(n int64) { s.Count.Add(n) }}, s.file != nil && s.seen == nil && s.ended == nil
}

// Skip passes over n bytes that were taken by Place.
func (s *Stream) Skip(n int64) error {
	s.at += n
	_, err := s.file.Seek(s.at, 0)
	return err
}

// within makes a stream of a regular file, from its current offset on.
func (s *Stream) within(f *os.File, r *replay) error {
	s.src, s.buf = r, make([]byte, chunk)
	if s.sum != nil {
		return nil
	}
	at, err := unix.Seek(int(f.Fd()), 0, unix.SEEK_CUR)
	if err != nil {
		return err
	}
	s.file, s.at = f, at-int64(len(r.head))
	return nil
}

// InPlace tells whether Count is the place in the file that is read.
func (s *Stream) InPlace() bool { return s.file != nil }
