package disk

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const sector = 512

// maxEntries bounds a GPT; UEFI asks for 128.
const maxEntries = 1024

// A Partition is a part of a disk, in bytes.
type Partition struct {
	Number int    `json:"number"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	Type   string `json:"type"` // a byte as 0x83, or a GUID
	Name   string `json:"name,omitempty"`
	Kind   string `json:"filesystem,omitempty"`
	Label  string `json:"label,omitempty"`

	foreign string // what it holds that cannot be a root
}

// Table reads the partitions of a disk of a size in bytes. A disk without a
// table has none.
func Table(r io.ReaderAt, size int64) ([]Partition, error) {
	mbr, err := read(r, 0, sector)
	if err != nil || mbr[510] != 0x55 || mbr[511] != 0xaa {
		return nil, nil
	}
	list, protective := primary(mbr)
	if protective {
		list, err = gpt(r, size)
	} else {
		list, err = logical(r, list)
	}
	if err != nil {
		return nil, err
	}
	for i := range list {
		p := &list[i]
		if p.Offset <= 0 || p.Length <= 0 || p.Offset > size || p.Length > size-p.Offset {
			return nil, fail.New(fail.CodeInput, "partition %d has %d bytes at %d, the disk ends at %d", p.Number, p.Length, p.Offset, size)
		}
		if p.Kind, p.Label = Kind(r, p.Offset); p.Kind == "" {
			p.foreign = Foreign(r, p.Offset)
		}
	}
	return list, nil
}

func primary(b []byte) (list []Partition, protective bool) {
	for i := range 4 {
		e := b[446+16*i:]
		if e[4] == 0xee {
			return nil, true
		}
		if e[4] != 0 {
			list = append(list, entry(e, i+1, 0))
		}
	}
	return list, false
}

func entry(e []byte, number int, base int64) Partition {
	return Partition{
		Number: number, Type: fmt.Sprintf("0x%02x", e[4]),
		Offset: (base + int64(binary.LittleEndian.Uint32(e[8:]))) * sector,
		Length: int64(binary.LittleEndian.Uint32(e[12:])) * sector,
	}
}

func extended(kind string) bool { return kind == "0x05" || kind == "0x0f" || kind == "0x85" }

// logical follows the chain of tables in an extended partition, which may be a
// ring.
func logical(r io.ReaderAt, list []Partition) ([]Partition, error) {
	var out []Partition
	number := 5
	for _, p := range list {
		if !extended(p.Type) {
			out = append(out, p)
			continue
		}
		first, at := p.Offset/sector, p.Offset/sector
		for at != 0 {
			if number > maxEntries {
				return nil, fail.New(fail.CodeInput, "the chain of logical partitions has no end")
			}
			b, err := read(r, at*sector, sector)
			if err != nil || b[510] != 0x55 || b[511] != 0xaa {
				return nil, fail.New(fail.CodeInput, "no table of logical partitions at sector %d", at)
			}
			if b[446+4] != 0 {
				out = append(out, entry(b[446:], number, at))
				number++
			}
			next := b[462:]
			if at = 0; extended(fmt.Sprintf("0x%02x", next[4])) {
				at = first + int64(binary.LittleEndian.Uint32(next[8:]))
				number = max(number, 6) // each turn counts, also an empty one
			}
			if at != 0 && b[446+4] == 0 {
				number++
			}
		}
	}
	return out, nil
}

// gpt reads the first table whose checksums are right: the primary one, or the
// copy at the end of the disk. What it counts are the disk's own sectors, of
// 512 or 4096 bytes; the image of a disk does not say which.
func gpt(r io.ReaderAt, size int64) ([]Partition, error) {
	var first error
	for _, unit := range []int64{sector, 4096} {
		for _, at := range []int64{unit, size/unit*unit - unit} {
			list, err := gptAt(r, at, unit)
			if err == nil {
				return list, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return nil, first
}

func gptAt(r io.ReaderAt, at, unit int64) ([]Partition, error) {
	h, err := read(r, at, sector)
	if err != nil || string(h[:8]) != "EFI PART" {
		return nil, fail.New(fail.CodeInput, "no GPT at byte %d", at)
	}
	le := binary.LittleEndian
	length, sum := le.Uint32(h[12:]), le.Uint32(h[16:])
	if length < 92 || length > sector {
		return nil, fail.New(fail.CodeInput, "GPT header of %d bytes, need 92 to %d", length, sector)
	}
	le.PutUint32(h[16:], 0)
	if crc32.ChecksumIEEE(h[:length]) != sum {
		return nil, fail.New(fail.CodeInput, "GPT at byte %d has a wrong checksum", at)
	}
	first, count, each := le.Uint64(h[72:]), le.Uint32(h[80:]), le.Uint32(h[84:])
	if first > 1<<50 || count > maxEntries || each < 128 || each > 4096 {
		return nil, fail.New(fail.CodeInput, "GPT with %d entries of %d bytes, need at most %d of 128 to 4096", count, each, maxEntries)
	}
	table, err := read(r, int64(first)*unit, int(count*each))
	if err != nil || crc32.ChecksumIEEE(table) != le.Uint32(h[88:]) {
		return nil, fail.New(fail.CodeInput, "the entries of the GPT at byte %d have a wrong checksum", at)
	}
	var list []Partition
	for i := range int(count) {
		e := table[i*int(each):]
		if kind := guid(e[:16]); kind != "00000000-0000-0000-0000-000000000000" {
			from, to := le.Uint64(e[32:]), le.Uint64(e[40:])
			if from > 1<<50 || to > 1<<50 || to < from {
				return nil, fail.New(fail.CodeInput, "partition %d goes from sector %d to %d", i+1, from, to)
			}
			list = append(list, Partition{
				Number: i + 1, Type: kind, Name: name(e[56:128]),
				Offset: int64(from) * unit, Length: int64(to-from+1) * unit,
			})
		}
	}
	return list, nil
}

// guid has its first three parts in the order of a little machine.
func guid(b []byte) string {
	s := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
	h := hex.EncodeToString(append(s, b[8:16]...))
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

func name(b []byte) string {
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		c := binary.LittleEndian.Uint16(b[i:])
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u))
}

func (p Partition) looks() string {
	return cmp.Or(p.Kind, p.foreign, "nothing known")
}

func (p Partition) String() string {
	s := strconv.Itoa(p.Number) + " (" + p.looks()
	for _, more := range []string{p.Name, p.Label} {
		if more != "" {
			s += ", " + strconv.Quote(more)
		}
	}
	return s + ")"
}
