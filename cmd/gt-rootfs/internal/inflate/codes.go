package inflate

import (
	"encoding/binary"
)

// An entry of a table says what the next bits mean:
//
//	bits 0-5    how many bits the code has
//	bits 8-12   how many more bits follow it, or index a second table
//	bit 6       exception: a second table
//	bit 7       exception: a code that nobody has
//	bit 13      exception: end of block
//	bit 14      exception
//	bit 15      a literal
//	bits 16-31  the literal, the base of a length or distance, or the place of
//	            the second table
const (
	literal   = 1 << 15
	exception = 1 << 14
	second    = exception | 1<<6
	nothing   = exception | 1<<7
	endBlock  = exception | 1<<13
)

// codes decompresses literals and matches as long as there are room and input
// for a turn. It leaves when the block ends.
func (r *Reader) codes() error {
	in, out := r.in, r.out
	pos, write, bits, count := r.pos, r.write, r.bits, r.count
	limit, room := r.end-spare, len(out)-slack
	if r.ended {
		limit = r.end + 8 // what is in bits is still to come
	}
	for pos <= limit && write <= room {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << count
		pos += int(63-count) >> 3
		count |= 56
		e := r.lit[bits&litMask]
		// Two literals, then whatever comes: 11 + 11 + 15 + 5 bits of 56.
		for range 2 {
			if e&literal == 0 {
				break
			}
			out[write] = byte(e >> 16)
			write++
			bits >>= e & 63
			count -= uint(e & 63)
			e = r.lit[bits&litMask]
		}
		if e&second == second {
			e = r.more[uint64(e>>16)+(bits>>litBits)&(1<<(e>>8&31)-1)]
		}
		bits >>= e & 63
		count -= uint(e & 63)
		if e&literal != 0 {
			out[write] = byte(e >> 16)
			write++
			continue
		}
		if e&exception != 0 {
			r.write, r.bits = write, bits
			return r.leave(pos, count, e)
		}
		length := int(e>>16) + int(bits&(1<<(e>>8&31)-1))
		bits >>= e >> 8 & 31
		count -= uint(e >> 8 & 31)
		bits |= binary.LittleEndian.Uint64(in[pos:]) << count
		pos += int(63-count) >> 3
		count |= 56
		d := r.dist[bits&distMask]
		if d&second == second {
			d = r.more[uint64(d>>16)+(bits>>distBits)&(1<<(d>>8&31)-1)]
		}
		bits >>= d & 63
		distance := int(d>>16) + int(bits&(1<<(d>>8&31)-1))
		bits >>= d >> 8 & 31
		count -= uint(d&63 + d>>8&31)
		if d&exception != 0 || distance > write {
			return r.leave(pos, count, nothing)
		}
		match(out, write, distance, length)
		write += length
	}
	r.pos, r.write, r.bits, r.count = pos, write, bits, count
	return nil
}

// leave ends the block, or the whole.
func (r *Reader) leave(pos int, count uint, e uint32) error {
	r.pos, r.count = pos, count
	if e&endBlock != endBlock {
		return ErrDamaged
	}
	r.state = (*Reader).block
	return nil
}

// match copies length bytes from distance before at, which may overlap; up to
// seven bytes more are overwritten.
func match(out []byte, at, distance, length int) {
	from := at - distance
	switch {
	case distance >= 8:
		for end := at + length; at < end; at += 8 {
			binary.LittleEndian.PutUint64(out[at:], binary.LittleEndian.Uint64(out[from:]))
			from += 8
		}
	case distance == 1:
		v := uint64(out[from]) * 0x0101010101010101
		for end := at + length; at < end; at += 8 {
			binary.LittleEndian.PutUint64(out[at:], v)
		}
	default:
		for i := range length {
			out[at+i] = out[from+i]
		}
	}
}
