package disk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
)

const size = 4 << 20

// blank is a disk with an ext4 mark at 1 MiB.
func blank() []byte {
	b := make([]byte, size)
	copy(b[1<<20+0x438:], "\x53\xef")
	copy(b[1<<20+0x478:], "system")
	b[510], b[511] = 0x55, 0xaa
	return b
}

// slot writes the first entry of a table at the beginning of b.
func slot(b []byte, kind byte, from, count uint32) {
	e := b[446:]
	e[4] = kind
	binary.LittleEndian.PutUint32(e[8:], from)
	binary.LittleEndian.PutUint32(e[12:], count)
	b[510], b[511] = 0x55, 0xaa
}

// guided is a disk with one GPT partition.
func guided(change func(header, entries []byte)) []byte {
	b := blank()
	slot(b, 0xee, 1, 1<<32-1)
	h, e := b[512:1024], b[1024:1024+128*128]
	le := binary.LittleEndian
	copy(h, "EFI PART")
	le.PutUint32(h[12:], 92)
	le.PutUint64(h[72:], 2)
	le.PutUint32(h[80:], 128)
	le.PutUint32(h[84:], 128)
	e[0] = 1
	le.PutUint64(e[32:], 2048)
	le.PutUint64(e[40:], 4095)
	copy(e[56:], "r\x00o\x00o\x00t\x00")
	if change != nil {
		change(h, e)
	}
	le.PutUint32(h[88:], crc32.ChecksumIEEE(e))
	le.PutUint32(h[16:], 0)
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
	return b
}

// TestHostileTables: a table that leads out of the disk, or nowhere, is told.
//
//house:table
func TestHostileTables(t *testing.T) {
	le := binary.LittleEndian
	ring := blank()
	slot(ring, 0x05, 2, 100)
	slot(ring[1024:], 0, 0, 0)
	copy(ring[1024+462:], []byte{4: 0x05})
	mbr := func(kind byte, from, count uint32) []byte {
		b := blank()
		slot(b, kind, from, count)
		return b
	}
	for name, c := range map[string]struct {
		disk []byte
		want string // "" is a good one
	}{
		"mbr":              {mbr(0x83, 2048, 2048), ""},
		"gpt":              {guided(nil), ""},
		"mbr-beyond":       {mbr(0x83, 2048, 1<<31), "the disk ends at"},
		"mbr-at-the-table": {mbr(0x83, 0, 10), "the disk ends at"},
		"mbr-empty":        {mbr(0x83, 2048, 0), "the disk ends at"},
		"mbr-wraps":        {mbr(0x83, 1<<32-1, 1<<32-1), "the disk ends at"},
		"ring":             {ring, "no end"},
		"extended-beyond":  {mbr(0x05, 1<<31, 10), "no table of logical"},
		"gpt-backwards":    {guided(func(_, e []byte) { le.PutUint64(e[40:], 5) }), "goes from sector"},
		"gpt-huge":         {guided(func(_, e []byte) { le.PutUint64(e[32:], 1<<63) }), "goes from sector"},
		"gpt-beyond":       {guided(func(_, e []byte) { le.PutUint64(e[40:], 1<<40) }), "the disk ends at"},
		"gpt-many":         {guided(func(h, _ []byte) { le.PutUint32(h[80:], 1<<31) }), "need at most"},
		"gpt-entry-of-0":   {guided(func(h, _ []byte) { le.PutUint32(h[84:], 0) }), "need at most"},
		"gpt-table-beyond": {guided(func(h, _ []byte) { le.PutUint64(h[72:], 1<<40) }), "wrong checksum"},
		"gpt-header-long":  {guided(func(h, _ []byte) { le.PutUint32(h[12:], 1<<20) }), "need 92"},
		"gpt-none":         {mbr(0xee, 1, 1<<32-1), "no GPT"},
		"none":             {blank(), "neither partitions"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Find(bytes.NewReader(c.disk), size, "")
			switch {
			case c.want == "" && (err != nil || p.Offset != 1<<20 || p.Length != 1<<20 || p.Kind != "ext4" || p.Label != "system"):
				t.Errorf("have %+v, %v", p, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("have %+v, %v, need %q", p, err, c.want)
			}
		})
	}
}

// FuzzTable: no table leads out of the disk.
func FuzzTable(f *testing.F) {
	f.Add(guided(nil)[:2048])
	f.Add(blank()[:1024])
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Table(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, p := range list {
			if p.Offset <= 0 || p.Length <= 0 || p.Offset+p.Length > int64(len(b)) {
				t.Errorf("%+v of %d bytes", p, len(b))
			}
		}
	})
}
