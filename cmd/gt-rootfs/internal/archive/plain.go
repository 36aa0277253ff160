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

// What one stream may make us keep in memory, in bytes.
const (
	// MaxWindow is the largest zstd window, what the zstd program accepts by
	// itself.
	MaxWindow = 128 << 20
	// MaxDictionary is the largest of xz, that of xz -9.
	MaxDictionary = 64 << 20
)

// plainOf undoes a compression. closing gives the memory back.
func plainOf(format Format, src io.Reader) (r io.Reader, closing func(), err error) {
	none := func() {}
	switch format {
	case Gzip:
		return inflate.NewReader(src), none, nil
	case Zstd:
		z, err := newZframes(src)
		if err != nil {
			return nil, none, err
		}
		return z, z.z.Close, nil
	case Xz:
		z, err := xz.NewReader(bufio.NewReaderSize(src, 64<<10), MaxDictionary)
		return z, none, err
	case Bzip2:
		return bzip2.NewReader(bufio.NewReaderSize(src, 64<<10)), none, nil
	}
	buf := bufio.NewReaderSize(src, 64<<10)
	return &frames{lz4.NewReader(buf), buf}, none, nil
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
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fail.New(fail.CodeLimit, "the zstd stream needs a window larger than %d MiB", MaxWindow>>20)
	case errors.Is(err, xz.ErrMemlimit):
		return fail.New(fail.CodeLimit, "the xz stream needs a dictionary larger than %d MiB", MaxDictionary>>20)
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
