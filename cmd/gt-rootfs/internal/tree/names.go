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
