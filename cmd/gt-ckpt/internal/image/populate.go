package image

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// CRIU reads memory into areas that it has just mapped, and takes a page fault
// for every page. Mapped with MAP_POPULATE, which CRIU hands to mmap(2) as the
// image says and no kernel keeps, all pages are made in one call.

// The numbers of CRIU's images/mm.proto and vma.proto.
const (
	fieldArea   = 14 // of an mm_entry
	fieldStart  = 1  // of a vma_entry
	fieldEnd    = 2
	fieldProt   = 5
	fieldMap    = 6 // its flags
	fieldStatus = 7
	areaHeap    = 1 << 5          // of status: for information
	areaPrivate = 1<<0 | 1<<9     // regular, private and anonymous
	populated   = uint64(2 << 20) // the least that is worth an area of its own
)

// A span is a piece of an address space.
type span struct{ start, end uint64 }

// Populate returns those images of address spaces, by their names, that restore
// faster changed: what private memory is there in large pieces is populated, and
// no other. An area that is there in part is cut, and is one again once the
// kernel has merged it. Where two processes have the same area, they may share
// pages since a fork; CRIU finds those, and finds them in whole areas only.
func Populate(images string) (map[string][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(images, "mm-*.img"))
	if err != nil {
		return nil, err
	}
	spaces, seen := map[string][]byte{}, map[span]int{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		err = areas(b, func(_ []byte, s span, _ bool) { seen[s]++ })
		if err != nil {
			return nil, malformed(path)
		}
		spaces[path] = b
	}
	changed := map[string][]byte{}
	for path, b := range spaces {
		there, err := present(filepath.Join(images, strings.Replace(filepath.Base(path), "mm-", "pagemap-", 1)))
		if err != nil {
			return nil, err
		}
		text, did, err := populate(b, there, seen)
		if err != nil {
			return nil, malformed(path)
		}
		if did {
			changed[filepath.Base(path)] = text
		}
	}
	return changed, nil
}

// areas calls do with each area of an mm image; ordinary ones are private memory
// that may be written to, without anything special.
func areas(b []byte, do func(area []byte, s span, ordinary bool)) error {
	return messages(b, func(m []byte) error {
		var bad error
		err := fields(m, func(number int, f field, _ []byte) {
			if number != fieldArea {
				return
			}
			list, err := parse(f.bytes)
			if err != nil {
				bad = err
				return
			}
			do(f.bytes, span{list[fieldStart].n, list[fieldEnd].n}, ordinary(list))
		})
		if err == nil {
			err = bad
		}
		return err
	})
}

func ordinary(area map[int]field) bool {
	return area[fieldMap].n&^unix.MAP_NORESERVE == unix.MAP_PRIVATE|unix.MAP_ANONYMOUS &&
		area[fieldStatus].n&^areaHeap == areaPrivate && area[fieldProt].n&unix.PROT_WRITE != 0
}

// present are the pieces, in order, that a pagemap has pages for, here or in an
// earlier round.
func present(pagemap string) ([]span, error) {
	b, err := os.ReadFile(pagemap)
	if os.IsNotExist(err) {
		return nil, nil // a process that has ended
	}
	if err != nil {
		return nil, err
	}
	var list []span
	first := true
	err = messages(b, func(m []byte) error {
		f, err := parse(m)
		if err != nil || first {
			first = false
			return err
		}
		at := f[fieldVaddr].n
		end := at + max(f[fieldNrPages].n, f[fieldFewPages].n)*uint64(os.Getpagesize())
		if last := len(list) - 1; last >= 0 && list[last].end == at {
			list[last].end = end
		} else {
			list = append(list, span{at, end})
		}
		return nil
	})
	if err != nil {
		return nil, malformed(pagemap)
	}
	return list, nil
}

// populate writes an mm image anew, and tells whether anything changed.
func populate(b []byte, there []span, seen map[span]int) (out []byte, did bool, err error) {
	var pieces map[string][]byte // of an area's message
	err = areas(b, func(area []byte, s span, ordinary bool) {
		if !ordinary || seen[s] > 1 {
			return
		}
		if cut := cutArea(area, s, there); cut != nil {
			if pieces == nil {
				pieces = map[string][]byte{}
			}
			pieces[string(area)] = cut
		}
	})
	if err != nil || pieces == nil {
		return nil, false, err
	}
	out = append(out, b[:imageHead]...)
	err = messages(b, func(m []byte) error {
		var text []byte
		err := fields(m, func(number int, f field, whole []byte) {
			if cut := pieces[string(f.bytes)]; number == fieldArea && cut != nil {
				whole = cut
			}
			text = append(text, whole...)
		})
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...)
		return err
	})
	return out, true, err
}

// cutArea writes an area as the pieces that are populated and those between
// them, fields of an mm_entry all; nil if none is.
func cutArea(area []byte, s span, there []span) []byte {
	var out []byte
	at := s.start
	for _, t := range there {
		from, to := max(t.start, at), min(t.end, s.end)
		if from >= to || to-from < populated {
			continue
		}
		if at < from {
			out = piece(out, area, span{at, from}, 0)
		}
		out = piece(out, area, span{from, to}, unix.MAP_POPULATE)
		at = to
	}
	if out != nil && at < s.end {
		out = piece(out, area, span{at, s.end}, 0)
	}
	return out
}

// piece appends a part of an area as a field of an mm_entry.
func piece(out, area []byte, s span, more uint64) []byte {
	var text []byte
	// It was read before.
	_ = fields(area, func(number int, f field, whole []byte) {
		switch number {
		case fieldStart, fieldEnd:
		case fieldMap:
			more |= f.n
		default:
			text = append(text, whole...)
		}
	})
	for _, f := range [...][2]uint64{{fieldStart, s.start}, {fieldEnd, s.end}, {fieldMap, more}} {
		text = binary.AppendUvarint(binary.AppendUvarint(text, f[0]<<3), f[1])
	}
	out = binary.AppendUvarint(out, fieldArea<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(text))), text...)
}
