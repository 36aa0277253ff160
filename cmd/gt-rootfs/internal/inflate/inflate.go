// Package inflate decompresses gzip for one purpose: to be faster than the rest
// of an unpack. It works on whole buffers, takes input eight bytes at a time and
// writes matches eight bytes at a time.
//
// Sources: RFC 1951 (DEFLATE), RFC 1952 (gzip).
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// ErrDamaged is a stream that is no gzip, or not the one that was written.
var ErrDamaged = errors.New("the stream contradicts itself")

const (
	window = 32 << 10
	// slack is what one turn of the loop may write: two literals, a match
	// and the rest of a short one, or of its last eight bytes.
	slack = 2 + 258 + 32
	room  = window + 256<<10 + slack
	// spare is what one turn may read beyond the place of the bit buffer.
	spare = 32
	most  = 128 << 10 // bytes of input at once
)

// A Reader decompresses a gzip stream of any number of members. At their end
// it gives io.EOF, after all sums were right.
type Reader struct {
	src   io.Reader
	in    []byte // spare zeros follow the end of the input
	pos   int
	end   int
	ended bool // src has no more

	bits  uint64
	count uint // of bits that are in bits

	out    []byte
	read   int // what of out was handed over
	write  int
	member int // of these bytes in out a member begins
	sum    uint32
	size   uint32

	state  func(*Reader) error
	last   bool
	tail   bool // behind the blocks of a member
	stored int
	tables
	err error
}

// NewReader reads from src, more than it needs.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, in: make([]byte, most+spare), out: make([]byte, room), state: (*Reader).first, tail: true}
}

func (r *Reader) Read(p []byte) (int, error) {
	for r.read == r.write {
		if r.err != nil {
			return 0, r.err
		}
		r.slide()
		r.err = r.some()
		r.account()
	}
	n := copy(p, r.out[r.read:r.write])
	r.read += n
	return n, nil
}

// some decompresses until there is no room, or the end.
func (r *Reader) some() error {
	for r.write <= len(r.out)-slack {
		if err := r.fill(); err != nil {
			return err
		}
		err := r.state(r)
		if r.beyond() || err != nil && r.cut() {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// slide keeps the window only; everything was handed over.
func (r *Reader) slide() {
	if r.write > window {
		copy(r.out, r.out[r.write-window:r.write])
		r.read, r.write = window, window
	}
	r.member = r.write
}

// account adds what is new to the sum of the member.
func (r *Reader) account() {
	b := r.out[r.member:r.write]
	r.sum = crc32.Update(r.sum, crc32.IEEETable, b)
	r.size += uint32(len(b))
	r.member = r.write
}

// fill makes sure of input for one turn, as far as there is any. Behind the
// end there are zeros, which beyond tells.
func (r *Reader) fill() error {
	if r.ended || r.end-r.pos >= 4<<10 {
		return nil
	}
	back := min(r.pos, 8) // align may give so many back
	copy(r.in, r.in[r.pos-back:r.end])
	r.end -= r.pos - back
	r.pos = back
	for !r.ended && r.end < most {
		n, err := r.src.Read(r.in[r.end:most])
		r.end += n
		if errors.Is(err, io.EOF) {
			r.ended = true
		} else if err != nil {
			return err
		}
		if r.end >= 4<<10 {
			break
		}
	}
	clear(r.in[r.end : r.end+spare])
	return nil
}

// beyond tells whether more was taken than there was.
func (r *Reader) beyond() bool { return r.pos-int(r.count/8) > r.end }

// cut tells whether a block came to nothing at the end of the input, where the
// zeros may have been taken for a code.
func (r *Reader) cut() bool {
	return r.ended && !r.tail && r.pos-int(r.count/8)+8 > r.end
}

// need makes n bits available, at most 32.
func (r *Reader) need(n uint) {
	for r.count < n {
		var b byte
		if r.pos < len(r.in) {
			b = r.in[r.pos]
		}
		r.bits |= uint64(b) << r.count
		r.pos++
		r.count += 8
	}
}

func (r *Reader) take(n uint) uint32 {
	r.need(n)
	v := uint32(r.bits & (1<<n - 1))
	r.bits >>= n
	r.count -= n
	return v
}

// align drops the bits up to the next byte, and gives whole ones back to the
// input.
func (r *Reader) align() {
	r.pos -= int(r.count / 8)
	r.bits, r.count = 0, 0
}

// block reads the header of a block (RFC 1951, 3.2.3).
func (r *Reader) block() error {
	if r.last {
		r.state = (*Reader).trailer
		return nil
	}
	r.last = r.take(1) == 1
	switch r.take(2) {
	case 0:
		r.align()
		size, not := r.take(16), r.take(16)
		if size != ^not&0xffff {
			return ErrDamaged
		}
		r.align()
		r.stored, r.state = int(size), (*Reader).plain
	case 1:
		r.fixed()
		r.state = (*Reader).codes
	case 2:
		r.state = (*Reader).codes
		return r.dynamic()
	default:
		return ErrDamaged
	}
	return nil
}

// plain copies a stored block.
func (r *Reader) plain() error {
	n := min(r.stored, r.end-r.pos, len(r.out)-slack+1-r.write)
	if n <= 0 && r.stored > 0 {
		return io.ErrUnexpectedEOF
	}
	copy(r.out[r.write:], r.in[r.pos:r.pos+n])
	r.pos += n
	r.write += n
	if r.stored -= n; r.stored == 0 {
		r.state = (*Reader).block
	}
	return nil
}

// trailer compares the sums of a member (RFC 1952, 2.3.1).
func (r *Reader) trailer() error {
	r.align()
	r.tail = true
	r.account()
	if r.end-r.pos < 8 {
		return io.ErrUnexpectedEOF
	}
	sum, size := binary.LittleEndian.Uint32(r.in[r.pos:]), binary.LittleEndian.Uint32(r.in[r.pos+4:])
	r.pos += 8
	if sum != r.sum || size != r.size {
		return ErrDamaged
	}
	r.state = (*Reader).next
	return nil
}
