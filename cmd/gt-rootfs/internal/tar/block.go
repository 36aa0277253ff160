package tar

import (
	"errors"
	"io"
	"slices"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// more makes sure that there is something in the buffer.
func (r *Reader) more() error {
	for len(r.buf) == 0 {
		b, err := r.src.Next()
		if err != nil {
			return err
		}
		r.buf = b
	}
	return nil
}

func (r *Reader) use(n int64) {
	r.buf = r.buf[n:]
	r.at += n
}

// block returns the next 512 bytes, valid until more is read. io.EOF means
// that there was not one byte.
func (r *Reader) block() (block, error) {
	if err := r.more(); err != nil {
		return nil, err
	}
	if len(r.buf) < blockSize {
		return nil, r.cut()
	}
	b := block(r.buf[:blockSize])
	r.use(blockSize)
	return b, nil
}

func (r *Reader) skip(n int64) error {
	for n > 0 {
		if err := r.more(); err != nil {
			if errors.Is(err, io.EOF) {
				return r.cut()
			}
			return err
		}
		step := min(n, int64(len(r.buf)))
		r.use(step)
		n -= step
	}
	return nil
}

func (r *Reader) cut() error {
	if r.left > 0 {
		return fail.New(fail.CodeInput, "the archive is cut off at byte %d, inside %s", r.at, Show(r.name))
	}
	return fail.New(fail.CodeInput, "the archive is cut off at byte %d: it has no end mark", r.at)
}

// drain reads what follows the end mark, so that a compressed stream verifies
// its checksum and the writer of a pipe is not killed.
func (r *Reader) drain() error {
	for end := r.at + maxTail; ; {
		r.use(int64(len(r.buf)))
		if r.at > end {
			return fail.New(fail.CodeLimit, "more than %d MiB follow the end of the archive", maxTail>>20)
		}
		if err := r.more(); err != nil {
			return err
		}
	}
}

// payload reads the data of a header of headers.
func (r *Reader) payload(b block) ([]byte, error) {
	n, err := number(b.size())
	if err != nil || n < 0 {
		return nil, broken(text(b.name()), "size of an extended header")
	}
	if n > maxRecord {
		return nil, fail.New(fail.CodeLimit, "an extended header has %d bytes, need at most %d", n, maxRecord)
	}
	data := make([]byte, 0, n)
	r.left, r.name = n, text(b.name())
	for {
		part, err := r.Data()
		if errors.Is(err, io.EOF) {
			return data, r.skip(-n & (blockSize - 1))
		}
		if err != nil {
			return nil, err
		}
		data = append(data, part...)
	}
}

func (r *Reader) extended(b block) ([]record, error) {
	data, err := r.payload(b)
	if err != nil {
		return nil, err
	}
	list, err := records(data)
	if err != nil {
		return nil, fail.New(fail.CodeInput, "the archive is damaged at byte %d: %w", r.at, err)
	}
	return list, nil
}

// globals takes the records that hold for all following entries. One of a
// keyword that was there already takes its place.
func (r *Reader) globals(b block) error {
	list, err := r.extended(b)
	if err != nil {
		return err
	}
	for _, rec := range list {
		if own(rec.key) {
			return fail.New(fail.CodeInput, "a global header says %s for all entries", rec.key)
		}
		r.global = append(slices.DeleteFunc(r.global, func(old record) bool { return old.key == rec.key }), rec)
		if len(r.global) > maxGlobals {
			return fail.New(fail.CodeLimit, "global headers have more than %d records", maxGlobals)
		}
	}
	n := 0
	for _, rec := range r.global {
		n += len(rec.key) + len(rec.value)
	}
	if n > maxRecord {
		return fail.New(fail.CodeLimit, "global headers have %d bytes, need at most %d", n, maxRecord)
	}
	return nil
}

func (r *Reader) long(b block) (*string, error) {
	data, err := r.payload(b)
	if err != nil {
		return nil, err
	}
	s := text(data)
	return &s, nil
}
