package archive

import (
	"bytes"
	"errors"
	"io"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Look refuses plain content that does not begin as an archive does, and says
// what it is instead: the inside of a compressed file, and what begins with
// zeros as the end of an archive does, is known only here. It comes before the
// first Next, and takes nothing.
func (s *Stream) Look() error {
	head, err := s.Next()
	if err != nil {
		if errors.Is(err, io.EOF) { // the reader has a word for that
			return nil
		}
		return err
	}
	if len(head) < 512 && s.ended != nil && !errors.Is(s.ended, io.EOF) {
		return s.ended // cut off too early for anything to be seen
	}
	s.seen = head
	how := ""
	if s.Format != Tar {
		how = " compressed with " + string(s.Format)
	}
	if len(bytes.TrimLeft(head, "\x00")) == 0 {
		if len(head) < chunk { // an archive without entries
			return nil
		}
		return fail.New(fail.CodeInput, "have zeros%s, as on an empty disk, need an archive, an image or a file system", how)
	}
	if len(head) >= 512 && len(bytes.TrimLeft(head[:512], "\x00")) == 0 {
		return foreign(head, how)
	}
	format, err := detect(head)
	if err == nil && format == Tar {
		return nil
	}
	if err == nil {
		return refuse(string(format) + how)
	}
	return foreign(head, how)
}
