package inflate

import (
	"bytes"
	"io"
)

// The flags of a member's header (RFC 1952, 2.3.1).
const (
	flagSum     = 1 << 1
	flagExtra   = 1 << 2
	flagName    = 1 << 3
	flagComment = 1 << 4
	reserved    = 0xe0
)

// next looks for another member. Zeros may follow the last one, as on a tape.
func (r *Reader) next() error {
	for {
		for r.pos < r.end && r.in[r.pos] == 0 {
			r.pos++
		}
		if r.pos < r.end {
			break
		}
		if r.ended {
			return io.EOF
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
	if err := r.fill(); err != nil {
		return err
	}
	return r.first()
}

// first reads the header of a member, which is bounded by what fill gives.
func (r *Reader) first() error {
	h := r.in[r.pos:r.end]
	if len(h) < 10 {
		return io.ErrUnexpectedEOF
	}
	if h[0] != 0x1f || h[1] != 0x8b || h[2] != 8 || h[3]&reserved != 0 {
		return ErrDamaged
	}
	flags, n := h[3], 10
	if flags&flagExtra != 0 {
		if len(h) < n+2 {
			return io.ErrUnexpectedEOF
		}
		n += 2 + int(h[n]) + int(h[n+1])<<8
	}
	for _, f := range []byte{flagName, flagComment} {
		if flags&f == 0 {
			continue
		}
		i := -1
		if n <= len(h) {
			i = bytes.IndexByte(h[n:], 0)
		}
		if i < 0 {
			return r.tooLong()
		}
		n += i + 1
	}
	if flags&flagSum != 0 {
		n += 2
	}
	if n > len(h) {
		return r.tooLong()
	}
	r.pos += n
	r.sum, r.size, r.last, r.tail = 0, 0, false, false
	r.member = r.write
	r.state = (*Reader).block
	return nil
}

// tooLong is a header that does not end within the input at hand.
func (r *Reader) tooLong() error {
	if r.ended {
		return io.ErrUnexpectedEOF
	}
	return ErrDamaged
}
