package inflate

import "math/bits"

const (
	litBits  = 11
	distBits = 9
	litMask  = 1<<litBits - 1
	distMask = 1<<distBits - 1
	longest  = 15
)

// tables are those of the current block. Codes longer than the first tables'
// index end in parts of more.
type tables struct {
	lit     [1 << litBits]uint32
	dist    [1 << distBits]uint32
	more    []uint32
	lengths [288 + 32]byte
}

// The meaning of symbols (RFC 1951, 3.2.5), as entries without their length.
var (
	litMeaning  = litSymbols()
	distMeaning = distSymbols()
)

func litSymbols() (m [288]uint32) {
	for i := range 256 {
		m[i] = literal | uint32(i)<<16
	}
	m[256] = endBlock
	base := uint32(3)
	for i := range 28 {
		extra := uint32(max(i/4-1, 0))
		m[257+i] = base<<16 | extra<<8
		base += 1 << extra
	}
	m[285] = 258 << 16
	m[286], m[287] = nothing, nothing
	return m
}

func distSymbols() (m [32]uint32) {
	base := uint32(1)
	for i := range 30 {
		extra := uint32(max(i/2-1, 0))
		m[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	m[30], m[31] = nothing, nothing
	return m
}

// fixed is the codes of RFC 1951, 3.2.6.
func (r *Reader) fixed() {
	l := r.lengths[:]
	for i := range 288 {
		switch {
		case i < 144, i >= 280:
			l[i] = 8
		case i < 256:
			l[i] = 9
		default:
			l[i] = 7
		}
	}
	for i := range 32 {
		l[288+i] = 5
	}
	r.more = r.more[:0]
	r.build(r.lit[:], l[:288], litMeaning[:])
	r.build(r.dist[:], l[288:320], distMeaning[:])
}

// The order of the lengths of lengths (RFC 1951, 3.2.7).
var order = [19]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block.
func (r *Reader) dynamic() error {
	lits, dists, n := int(r.take(5))+257, int(r.take(5))+1, int(r.take(4))+4
	if lits > 286 || dists > 30 {
		return ErrDamaged
	}
	var own [19]byte
	for _, i := range order[:n] {
		own[i] = byte(r.take(3))
	}
	var meaning [19]uint32
	for i := range meaning {
		meaning[i] = uint32(i) << 16
	}
	var table [1 << 7]uint32
	r.more = r.more[:0]
	if !r.build(table[:], own[:], meaning[:]) {
		return ErrDamaged
	}
	if !r.readLengths(table[:], lits+dists) {
		return ErrDamaged
	}
	l := r.lengths[:]
	if l[256] == 0 {
		return ErrDamaged // such a block has no end
	}
	if !r.build(r.lit[:], l[:lits], litMeaning[:]) || !r.build(r.dist[:], l[lits:lits+dists], distMeaning[:]) {
		return ErrDamaged
	}
	return nil
}

func (r *Reader) readLengths(table []uint32, n int) bool {
	l := r.lengths[:]
	for i := 0; i < n; {
		r.need(7)
		e := table[r.bits&127]
		if e&exception != 0 {
			return false
		}
		r.bits >>= e & 63
		r.count -= uint(e & 63)
		value, times := byte(0), 1
		switch sym := e >> 16; {
		case sym < 16:
			value = byte(sym)
		case sym == 16:
			if i == 0 {
				return false
			}
			value, times = l[i-1], 3+int(r.take(2))
		case sym == 17:
			times = 3 + int(r.take(3))
		default:
			times = 11 + int(r.take(7))
		}
		if i+times > n || r.beyond() {
			return false
		}
		for range times {
			l[i] = value
			i++
		}
	}
	return true
}

// build fills a first table, and more for longer codes, from the lengths of
// the codes. A code has to be complete, but for one of a single symbol and one
// of none.
func (r *Reader) build(table []uint32, lengths []byte, meaning []uint32) bool {
	var count, next [longest + 2]uint32
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	code, used := uint32(0), uint32(0)
	for n := 1; n <= longest; n++ {
		code = (code + count[n-1]) << 1
		next[n] = code
		used += count[n] << (longest - n)
	}
	total := uint32(0)
	for _, n := range count {
		total += n
	}
	if used > 1<<longest || used < 1<<longest && !(total == 0 || total == 1 && count[1] == 1) {
		return false
	}
	for i := range table {
		table[i] = nothing
	}
	index := 0
	for 1<<index < len(table) {
		index++
	}
	for sym, n := range lengths {
		if n == 0 {
			continue
		}
		code := uint32(bits.Reverse16(uint16(next[n])) >> (16 - n))
		next[n]++
		e := meaning[sym]
		// What follows the code is counted with it.
		e = e&^(31<<8) | uint32(n)<<8 | (e>>8&31 + uint32(n))
		if int(n) <= index {
			for i := code; i < uint32(len(table)); i += 1 << n {
				table[i] = e
			}
			continue
		}
		r.long(table[code&(uint32(len(table))-1):], code>>index, e, uint(int(n)-index))
	}
	return true
}

// long puts a code that goes on for some bits after the first table into a
// second one, of all codes that begin alike.
func (r *Reader) long(first []uint32, rest, e uint32, width uint) {
	const index = longest - distBits // enough for the longest
	if first[0] == nothing {
		first[0] = second | uint32(len(r.more))<<16 | index<<8
		for range 1 << index {
			r.more = append(r.more, nothing)
		}
	}
	at := r.more[first[0]>>16:]
	for i := rest; i < 1<<index; i += 1 << width {
		at[i] = e
	}
}
