package image

import (
	"bytes"
	"encoding/binary"
)

// The numbers of CRIU's images/seccomp.proto.
const (
	fieldFilters    = 1 // of the seccomp_entry: all filters of all processes
	fieldProgram    = 1 // of a seccomp_filter
	fieldPrev       = 2 // the one that was installed before, if any
	fieldFilterFlag = 3
)

// SeccompName is of the image that has the filters.
const SeccompName = "seccomp.img"

// A Filter is what seccomp(2) is given.
type Filter struct {
	Program []byte
	Flags   uint32
}

// SetFilter returns that image with this filter as the first of each process that
// has any, nil if it is among those of each already. The first one is what a
// runtime has installed by its spec; what the program has added comes after it.
func SetFilter(img []byte, want Filter) ([]byte, error) {
	var entry []byte
	if err := messages(img, func(m []byte) error { entry = m; return nil }); err != nil {
		return nil, malformed(SeccompName)
	}
	var list []chained
	var bad error
	err := fields(entry, func(number int, f field, _ []byte) {
		if number != fieldFilters {
			return
		}
		c, err := link(f.bytes)
		if err != nil {
			bad = err
		}
		list = append(list, c)
	})
	if err != nil || bad != nil {
		return nil, malformed(SeccompName)
	}
	ends, ok := unguarded(list, want.Program)
	if !ok {
		return nil, malformed(SeccompName)
	}
	if len(ends) == 0 {
		return nil, nil
	}
	for i := range ends {
		// CRIU notes there whether the other threads get it by this one.
		flags := list[i].flags | uint64(want.Flags)
		list[i].raw = varint(block(nil, fieldProgram, want.Program), fieldFilterFlag, flags)
	}
	var whole []byte
	for _, c := range list {
		whole = block(whole, fieldFilters, c.raw)
	}
	out := append([]byte(nil), img[:imageHead]...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(whole))), whole...), nil
}

// chained is one filter and the number of the one before.
type chained struct {
	raw, program []byte
	prev         int // -1 is the first
	flags        uint64
}

func link(raw []byte) (chained, error) {
	c := chained{raw: raw, prev: -1}
	m, err := parse(raw)
	if err != nil {
		return c, err
	}
	c.program, c.flags = m[fieldProgram].bytes, m[fieldFilterFlag].n
	if next, ok := m[fieldPrev]; ok {
		c.prev = int(min(next.n, 1<<30))
	}
	return c, nil
}

// unguarded are the first filters of the chains that lack a program; not ok is a chain
// without an end, which CRIU would follow for ever.
func unguarded(list []chained, program []byte) (ends map[int]bool, ok bool) {
	ends = map[int]bool{}
	for i := range list {
		at, has := i, false
		for steps := 0; ; steps++ {
			if at >= len(list) || steps > len(list) {
				return nil, false
			}
			has = has || bytes.Equal(list[at].program, program)
			if list[at].prev < 0 {
				break
			}
			at = list[at].prev
		}
		if !has { // a process may have no more than from here on
			ends[at] = true
		}
	}
	return ends, true
}

func varint(b []byte, number int, n uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(number<<3)), n)
}

func block(b []byte, number int, content []byte) []byte {
	b = binary.AppendUvarint(b, uint64(number<<3|2))
	return append(binary.AppendUvarint(b, uint64(len(content))), content...)
}
