package archive

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// MaxWindow is the largest zstd window in bytes, and with it the memory one
// stream may take. It is what the zstd program accepts by itself.
const MaxWindow = 128 << 20

// Open recognises the format of r and returns its plain content, which the
// end of ctx ends. r stays the caller's.
func Open(ctx context.Context, r io.Reader) (*Stream, error) {
	plain := regular(r)
	if f, ok := r.(*os.File); ok && !plain {
		wait, err := newWaiter(ctx, f)
		if err != nil {
			return nil, err
		}
		r = wait
	}
	head := make([]byte, peek)
	n, err := fill(r, head)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	format, err := detect(head[:n])
	if err != nil {
		return nil, err
	}
	s := &Stream{Format: format, ctx: ctx}
	src := &replay{head: head[:n], rest: r}
	switch format {
	case Gzip:
		z, err := gzip.NewReader(src)
		if err != nil {
			return nil, explain(format, err)
		}
		return s.ahead(z, func() { _ = z.Close() }), nil
	case Zstd:
		// One decoding goroutine: the other processor unpacks.
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
		if err != nil {
			return nil, explain(format, err)
		}
		return s.ahead(z, z.Close), nil
	}
	if !plain {
		return s.ahead(src, func() {}), nil
	}
	s.src, s.buf = src, make([]byte, chunk)
	return s, nil
}

// regular tells a file, whose reading always ends, from a pipe, where nobody
// may ever write.
func regular(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// replay reads what was looked at, and then the rest.
type replay struct {
	head []byte
	rest io.Reader
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	return r.rest.Read(p)
}

func explain(format Format, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail.New(fail.CodeInput, "the %s stream is cut off", format)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fail.New(fail.CodeLimit, "the zstd stream needs a window larger than %d MiB", MaxWindow>>20)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrCRCMismatch),
		errors.Is(err, zstd.ErrMagicMismatch):
		return fail.New(fail.CodeInput, "the %s stream is damaged: %w", format, err)
	}
	return fail.New(fail.CodeInput, "decompress %s: %w", format, err)
}
