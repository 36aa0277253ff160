package archive

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/therootcompany/xz"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/inflate"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// plainOf undoes a compression. closing gives the memory back.
func plainOf(format Format, src *replay, s *seat) (r io.Reader, closing func(), err error) {
	switch format {
	case Gzip:
		return inflate.NewReader(src), s.leave, nil
	case Zstd:
		z := newZframes(src, s)
		return z, func() {
			z.close()
			s.leave()
		}, nil
	case Xz:
		z, err := newXzblocks(src, s)
		return z, func() {
			z.Reader = nil
			s.leave()
		}, err
	case Bzip2:
		return bzip2.NewReader(bufio.NewReaderSize(src, 64<<10)), s.leave, nil
	}
	buf := bufio.NewReaderSize(src, 64<<10)
	return &frames{lz4.NewReader(buf), buf}, s.leave, nil
}

// xzblocks reads an xz stream.
type xzblocks struct {
	*xz.Reader
	seat     *seat
	declared uint64
}

func newXzblocks(src *replay, s *seat) (*xzblocks, error) {
	x := &xzblocks{seat: s, declared: dictionary(src.head)}
	if x.declared > maxWindow {
		return nil, tooFar(Xz, "dictionary", x.declared)
	}
	var err error
	x.Reader, err = xz.NewReader(bufio.NewReaderSize(src, 64<<10), uint32(max(x.declared, lean)))
	return x, err
}

func (x *xzblocks) Read(p []byte) (int, error) {
	// Always alone: a later block may have a larger dictionary.
	if err := x.seat.take(max(x.declared, lean)); err != nil {
		return 0, err
	}
	return x.Reader.Read(p)
}

// frames reads one LZ4 frame after the other (lz4_Frame_format.md, "Frame
// concatenation").
type frames struct {
	*lz4.Reader
	src *bufio.Reader
}

func (f *frames) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if _, more := f.src.Peek(1); more != nil {
		return n, more
	}
	f.Reset(f.src)
	return n, nil
}

func explain(format Format, err error) error {
	var ours *fail.Error
	switch {
	case errors.As(err, &ours):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail.New(fail.CodeInput, "the %s stream is cut off", format)
	case errors.Is(err, xz.ErrMemlimit):
		return fail.New(fail.CodeLimit, "the xz stream has a larger dictionary further on than at its beginning")
	case damaged(err):
		return fail.New(fail.CodeInput, "the %s stream is damaged: %w", format, err)
	}
	return fail.New(fail.CodeInput, "decompress %s: %w", format, err)
}

func damaged(err error) bool {
	var structural bzip2.StructuralError
	if errors.As(err, &structural) {
		return true
	}
	for _, known := range []error{
		inflate.ErrDamaged, zstd.ErrCRCMismatch, zstd.ErrMagicMismatch,
		xz.ErrData, xz.ErrBuf, xz.ErrOptions, xz.ErrFormat, xz.ErrUnsupportedCheck, lz4.ErrInvalidFrameChecksum,
		lz4.ErrInvalidBlockChecksum, lz4.ErrInvalidHeaderChecksum, lz4.ErrInvalidSourceShortBuffer,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
