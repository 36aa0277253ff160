package cred

import (
	"slices"
	"testing"
)

func TestBits(t *testing.T) {
	for _, c := range []struct {
		list string
		want []uint64
	}{
		{"", nil},
		{"0", []uint64{1}},
		{"0-3,7", []uint64{0x8f}},
		{"64", []uint64{0, 1}},
		{"0-7:2/4", []uint64{0x33}},
		{" 1 , 2\n", []uint64{6}},
	} {
		if have, ok := Bits(c.list); !ok || !slices.Equal(have, c.want) {
			t.Errorf("%q: have %x, %v, need %x", c.list, have, ok, c.want)
		}
	}
	for _, list := range []string{"a", "3-1", "0-", "-1", "1,,2", "65536", "0-7:1/0", "0-7:x/2", "0-7:"} {
		if have, ok := Bits(list); ok {
			t.Errorf("%q: have %x, need a refusal", list, have)
		}
	}
}

// FuzzBits: a list is refused or gives a mask that ends in a word that is used,
// steps of none aside.
func FuzzBits(f *testing.F) {
	for _, list := range []string{"0-3,7", "0-31:2/8", "65535", ",", "0-1:0/1"} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		mask, ok := Bits(list)
		if !ok && mask != nil || len(mask) > 1024 {
			t.Errorf("%q: have %d words, %v", list, len(mask), ok)
		}
	})
}
