package tree

import "hash/maphash"

// names is a set of very many of them: kept by 64 bits each that nobody can
// foresee, a million takes 20 MB.
type names map[uint64]struct{}

var seed = maphash.MakeSeed()

func (n names) add(name string) { n[maphash.String(seed, name)] = struct{}{} }

func (n names) has(name string) bool {
	_, ok := n[maphash.String(seed, name)]
	return ok
}

// places are names with a number each, kept in the same way.
type places map[uint64]int32

func (p places) add(name string, i int) { p[maphash.String(seed, name)] = int32(i) }

func (p places) find(name string) (int, bool) {
	i, ok := p[maphash.String(seed, name)]
	return int(i), ok
}
