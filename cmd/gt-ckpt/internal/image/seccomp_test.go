package image

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// filters makes the image: of each the program, and the one before, -1, or -2 for one that was set.
func filters(list ...any) []byte {
	var whole []byte
	for i := 0; i < len(list); i += 2 {
		f := block(nil, fieldProgram, []byte(list[i].(string)))
		switch prev := list[i+1].(int); {
		case prev >= 0:
			f = varint(f, fieldPrev, uint64(prev))
		case prev == -2:
			f = varint(f, fieldFilterFlag, 4)
		case prev == -3: // SECCOMP_FILTER_FLAG_TSYNC
			f = varint(f, fieldFilterFlag, 1)
		case prev == -4:
			f = varint(f, fieldFilterFlag, 5)
		}
		whole = block(whole, fieldFilters, f)
	}
	return append(binary.LittleEndian.AppendUint32(make([]byte, imageHead), uint32(len(whole))), whole...)
}

// The first filter of every chain is the one that is wanted, unless it is there.
func TestSetFilter(t *testing.T) {
	for _, c := range []struct {
		name       string
		have, want []byte
	}{
		{"it has it", filters("mine", -1), nil},
		{"its own over it", filters("mine", -1, "own", 0), nil},
		{"another", filters("other", -1), filters("mine", -2)},
		{"its own over another", filters("other", -1, "own", 0), filters("mine", -2, "own", 0)},
		{"one of two has it", filters("mine", -1, "other", -1), filters("mine", -1, "mine", -2)},
		{"for all threads", filters("other", -3), filters("mine", -4)},
		{"a parent without it", filters("other", -1, "mine", 0), filters("mine", -2, "mine", 0)},
	} {
		got, err := SetFilter(c.have, Filter{Program: []byte("mine"), Flags: 4})
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: have %q %v, need %q", c.name, got, err, c.want)
		}
	}
	for _, loop := range [][]byte{filters("a", 0), filters("a", 1, "b", 0), filters("a", 7), []byte("no image at all"), nil} {
		if got, err := SetFilter(loop, Filter{Program: []byte("mine")}); err == nil {
			t.Errorf("%q: have %q, need an error", loop, got)
		}
	}
}

func FuzzSetFilter(f *testing.F) {
	f.Add(filters("mine", -1, "other", 0))
	f.Add(filters("a", 1, "b", 0))
	f.Fuzz(func(t *testing.T, img []byte) {
		got, err := SetFilter(img, Filter{Program: []byte("mine")})
		if err != nil || got == nil {
			return
		}
		if again, err := SetFilter(got, Filter{Program: []byte("mine")}); err != nil || again != nil {
			t.Errorf("%q became %q, which lacks it: %v", img, got, err)
		}
	})
}
