package archive

import (
	"context"
	"errors"
	"hash"
	"io"
	"os"
)

// Open recognises the format of r and returns its plain content, which the
// end of ctx ends. r stays the caller's.
func Open(ctx context.Context, r io.Reader) (*Stream, error) { return Summed(ctx, r, nil, nil) }

// Summed is Open, and all plain content goes through sum too. After io.EOF sum
// is the caller's again. If there is a stream before, r is decompressed once all
// of that is, so that only one of them takes memory for it.
func Summed(ctx context.Context, r io.Reader, sum hash.Hash, before *Stream) (*Stream, error) {
	file, plain := regular(r)
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
	s := &Stream{Format: format, ctx: ctx, sum: sum, before: before}
	src := &replay{head: head[:n], rest: r}
	if format == Tar {
		if !plain {
			return s.ahead(src, func() {}), nil
		}
		return s, s.within(file, src)
	}
	s.stop = make(chan struct{})
	z, closing, err := plainOf(format, src, &seat{stop: s.stop})
	if err != nil {
		return nil, explain(format, err)
	}
	return s.ahead(z, closing), nil
}

// regular tells a file, whose reading always ends, from a pipe, where nobody
// may ever write.
func regular(r io.Reader) (*os.File, bool) {
	f, ok := r.(*os.File)
	if !ok {
		return nil, false
	}
	info, err := f.Stat()
	return f, err == nil && info.Mode().IsRegular()
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
