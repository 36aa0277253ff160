package inflate

import (
	"encoding/binary"
)

// An entry of a table says what the next bits mean:
//
//	bits 0-5    how many bits the code and what follows it have
//	bits 8-12   how many of them the code has, or index a second table
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
// for a turn. It leaves when the block ends. An entry is looked up before what
// came before it is written, and what a short match overwrites does not depend
// on its length: the processor neither waits nor guesses there.
func (r *Reader) codes() error {
	in, out, lit, dist := r.in, r.out, &r.lit, &r.dist
	pos, write, bits, count := r.pos, r.write, r.bits, r.count
	limit, room := r.end-spare, len(out)-slack
	if r.ended {
		limit = r.end + 8 // what is in bits is still to come
	}
	for pos <= limit && write <= room {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int(63-count) >> 3
		count |= 56
		e := lit[bits&litMask]
		// Two literals, then whatever comes: 11 + 11 + 15 + 5 bits of 56.
		for n := 0; e&literal != 0 && n < 2; n++ {
			bits >>= e & 63
			count -= uint(e & 63)
			next := lit[bits&litMask]
			out[write] = byte(e >> 16)
			write++
			e = next
		}
		if e&second == second {
			e = r.more[uint64(e>>16)+(bits>>litBits)&(1<<(e>>8&31)-1)]
		}
		here := bits
		bits >>= e & 63
		count -= uint(e & 63)
		if e&(literal|exception) != 0 {
			if e&literal != 0 {
				out[write] = byte(e >> 16)
				write++
				continue
			}
			r.write, r.bits = write, bits
			return r.leave(pos, count, e)
		}
		length := int(e>>16) + int(here&(1<<(e&63)-1)>>(e>>8&31))
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (count & 63)
		pos += int(63-count) >> 3
		count |= 56
		d := dist[bits&distMask]
		if d&second == second {
			d = r.more[uint64(d>>16)+(bits>>distBits)&(1<<(d>>8&31)-1)]
		}
		distance := int(d>>16) + int(bits&(1<<(d&63)-1)>>(d>>8&31))
		bits >>= d & 63
		count -= uint(d & 63)
		if d&exception != 0 || distance > write {
			return r.leave(pos, count, nothing)
		}
		if distance >= 8 && length <= 32 {
			short(out[write:write+32], out[write-distance:write-distance+32])
		} else {
			match(out, write, distance, length)
		}
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

// short copies 32 bytes, of which the last ones may be the first again.
func short(to, from []byte) {
	binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
	binary.LittleEndian.PutUint64(to[8:], binary.LittleEndian.Uint64(from[8:]))
	binary.LittleEndian.PutUint64(to[16:], binary.LittleEndian.Uint64(from[16:]))
	binary.LittleEndian.PutUint64(to[24:], binary.LittleEndian.Uint64(from[24:]))
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
