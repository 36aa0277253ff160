package archive

import (
	"bytes"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// TestZstdFrames reads frames of every make in a row, and finds the one whose
// checksum is wrong.
func TestZstdFrames(t *testing.T) {
	plain := tarball(t, 5*chunk)
	skip := []byte("\x5f\x2a\x4d\x18\x03\x00\x00\x00abc")
	crc, none := zstd.WithEncoderCRC(true), zstd.WithEncoderCRC(false)
	var packed, want []byte
	last := map[bool]int{}
	for _, f := range []struct {
		data []byte
		opt  []zstd.EOption
	}{
		{plain[:chunk], []zstd.EOption{crc}},
		{plain[chunk : 2*chunk+7], []zstd.EOption{none}},
		{nil, []zstd.EOption{crc, zstd.WithZeroFrames(true)}},
		{bytes.Repeat([]byte{'r'}, 3*chunk), []zstd.EOption{crc, zstd.WithWindowSize(1 << 10)}},
		{plain[2*chunk+7:], []zstd.EOption{crc, zstd.WithSingleSegment(true)}},
		{[]byte("x"), []zstd.EOption{none}},
	} {
		packed = append(append(packed, zst(t, f.data, f.opt...)...), skip...)
		want = append(want, f.data...)
		last[len(f.data) == 1] = len(packed) - len(skip)
	}
	have, err := all(t.Context(), bytes.NewReader(packed))
	if err != nil || !bytes.Equal(have, want) {
		t.Fatalf("%d bytes, need %d: %v", len(have), len(want), err)
	}
	for _, c := range []struct {
		why  string
		data []byte
		want string
	}{
		{"the checksum of the last frame that has one", flipped(packed, last[false]-1), "damaged"},
		{"cut off in a checksum", packed[:last[false]-2], "cut off"},
		{"cut off in a frame to be skipped", packed[:len(packed)-1], "cut off"},
		{"something else behind", append(bytes.Clone(packed), "garbage"...), "damaged"},
		{"a block of a type that is none", []byte("\x28\xb5\x2f\xfd\x00\x58\x07\x00\x00"), "zstd"},
	} {
		_, err := all(t.Context(), bytes.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) || fail.Details(err).Code != fail.CodeInput {
			t.Errorf("%s: have %v, need %s", c.why, err, c.want)
		}
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0xff
	return b
}
