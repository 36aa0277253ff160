package tar

import "os"

// From is where bytes of an archive lie in its file: others may take them from
// there, beside the goroutine that reads on.
type From struct {
	File *os.File
	At   int64
	// Done is told how many bytes were taken; any goroutine may.
	Done func(n int64)
}

// A Holder is a Source whose bytes lie in a file; archive.Stream is one.
type Holder interface {
	// Place is where the bytes that the next Next would give lie; false if
	// they have to be read.
	Place() (From, bool)
	// Skip passes over the next n bytes, which others take.
	Skip(n int64) error
}

// Take leaves the data of the current entry to the caller, who finds it in the
// archive's file; if that cannot be, nothing is taken.
func (r *Reader) Take() (from From, ok bool, err error) {
	h, ok := r.src.(Holder)
	if !ok {
		return from, false, nil
	}
	if from, ok = h.Place(); !ok {
		return from, false, nil
	}
	here := int64(len(r.buf))
	from.At -= here
	// What was read ahead counts already, and will count when it is taken.
	from.Done(-min(here, r.left))
	rest := r.left + r.pad - here
	if rest <= 0 {
		err = r.skip(r.left)
		r.left = 0
		return from, true, err
	}
	r.use(here)
	r.at += rest
	r.left, r.pad = 0, 0
	return from, true, h.Skip(rest)
}
