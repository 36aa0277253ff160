package verity

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// super is a block as veritysetup format writes it.
func super(change func(b []byte)) []byte {
	b := make([]byte, superSize)
	le := binary.LittleEndian
	copy(b, "verity\x00\x00")
	le.PutUint32(b[8:], 1)
	le.PutUint32(b[12:], 1)
	copy(b[32:], "sha256")
	le.PutUint32(b[64:], 4096)
	le.PutUint32(b[68:], 4096)
	le.PutUint64(b[72:], 4096)
	le.PutUint16(b[80:], 2)
	copy(b[88:], "\xab\xcd")
	if change != nil {
		change(b)
	}
	return b
}

func TestTable(t *testing.T) {
	tree, err := Read(bytes.NewReader(super(nil)))
	if err != nil {
		t.Fatal(err)
	}
	root := strings.Repeat("AB", 32)
	if err := tree.Check(root, 16<<20); err != nil {
		t.Error(err)
	}
	want := "1 /dev/loop0 /dev/loop1 4096 4096 4096 1 sha256 " + strings.Repeat("ab", 32) + " abcd"
	if have := tree.table("/dev/loop0", "/dev/loop1", root); have != want {
		t.Errorf("have %s\nneed %s", have, want)
	}
	if tree.Length() != 32768 {
		t.Errorf("have %d sectors, need 32768", tree.Length())
	}
	for _, bad := range []string{"", "ab", root[1:], root + "00", strings.Repeat("zz", 32)} {
		if tree.Check(bad, 16<<20) == nil {
			t.Errorf("root hash %q: no refusal", bad)
		}
	}
	if err := tree.Check(root, 16<<20-1); err == nil || !strings.Contains(err.Error(), "its hashes are of 16777216") {
		t.Errorf("a disk too short: %v", err)
	}
}

func TestHostileHashes(t *testing.T) {
	le := binary.LittleEndian
	for name, c := range map[string]struct {
		change func(b []byte)
		want   string
	}{
		"magic":     {func(b []byte) { b[0] = 'V' }, "no super block"},
		"version":   {func(b []byte) { le.PutUint32(b[8:], 2) }, "version 2"},
		"type":      {func(b []byte) { le.PutUint32(b[12:], 9) }, "type 9"},
		"algorithm": {func(b []byte) { copy(b[32:], "md5\x00\x00\x00") }, `"md5"`},
		"words":     {func(b []byte) { copy(b[32:], "sha256 1 evil") }, "need sha256"},
		"block":     {func(b []byte) { le.PutUint32(b[64:], 4097) }, "powers of two"},
		"no block":  {func(b []byte) { le.PutUint32(b[68:], 0) }, "powers of two"},
		"none":      {func(b []byte) { le.PutUint64(b[72:], 0) }, "for 0 blocks"},
		"overflow":  {func(b []byte) { le.PutUint64(b[72:], 1<<61) }, "blocks"},
		"salt":      {func(b []byte) { le.PutUint16(b[80:], 257) }, "salt of 257"},
	} {
		if _, err := Read(bytes.NewReader(super(c.change))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: have %v, need %s", name, err, c.want)
		}
	}
	if _, err := Read(strings.NewReader("verity")); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("cut: %v", err)
	}
}

// What goes to the kernel has the form of dm-ioctl.h, and what it answers is
// read within its bounds.
func TestMapper(t *testing.T) {
	b := target("verity", "abc", 7)
	if len(b) != 48 || binary.LittleEndian.Uint64(b[8:]) != 7 || binary.LittleEndian.Uint32(b[20:]) != 48 || string(b[24:30]) != "verity" || string(b[40:44]) != "abc\x00" {
		t.Errorf("have %q", b)
	}
	answer := make([]byte, headSize+64)
	binary.LittleEndian.PutUint32(answer[16:], headSize)
	if list := names(answer); len(list) != 0 {
		t.Errorf("of none: %q", list)
	}
	binary.LittleEndian.PutUint64(answer[headSize:], 0xfd00)
	binary.LittleEndian.PutUint32(answer[headSize+8:], 24)
	copy(answer[headSize+12:], "one\x00")
	binary.LittleEndian.PutUint64(answer[headSize+24:], 0xfd01)
	copy(answer[headSize+36:], "two\x00")
	if list := names(answer); strings.Join(list, " ") != "one two" {
		t.Errorf("have %q", list)
	}
	binary.LittleEndian.PutUint32(answer[headSize+8:], 1<<31)
	if list := names(answer); strings.Join(list, " ") != "one" {
		t.Errorf("next beyond the end: %q", list)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(super(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		tree, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if line := tree.table("a", "b", "c"); strings.Count(line, " ") != 9 {
			t.Errorf("have table %q", line)
		}
		if tree.Length() == 0 {
			t.Error("no data")
		}
	})
}
