package cred

import (
	"strconv"
	"strings"
)

// Bits reads a list of CPUs or nodes, 0-3,7 or 0-31:2/8 (cpuset(7), "List
// format"), as a bit mask of 64 numbers a word. A list that is none, as the
// check of a spec finds, gives ok false.
func Bits(list string) (mask []uint64, ok bool) {
	if strings.TrimSpace(list) == "" {
		return nil, true
	}
	for part := range strings.SplitSeq(list, ",") {
		low, rest, pair := strings.Cut(strings.TrimSpace(part), "-")
		high, step, stepped := strings.Cut(rest, ":")
		if !pair {
			high = low
		}
		used, of := uint64(1), uint64(1)
		a, err := strconv.ParseUint(low, 10, 16)
		b, err2 := strconv.ParseUint(high, 10, 16)
		if stepped {
			some, all, _ := strings.Cut(step, "/")
			var err3, err4 error
			used, err3 = strconv.ParseUint(some, 10, 16)
			of, err4 = strconv.ParseUint(all, 10, 16)
			if err3 != nil || err4 != nil || of == 0 {
				return nil, false
			}
		}
		if err != nil || err2 != nil || a > b {
			return nil, false
		}
		for n := a; n <= b; n++ {
			for int(n/64) >= len(mask) {
				mask = append(mask, 0)
			}
			if (n-a)%of < used {
				mask[n/64] |= 1 << (n % 64)
			}
		}
	}
	return mask, true
}

// little writes words as the kernel reads them on all machines we build for.
func little(words []uint64) string {
	b := make([]byte, 0, 8*len(words))
	for _, w := range words {
		for i := range 8 {
			b = append(b, byte(w>>(8*i)))
		}
	}
	return string(b)
}
