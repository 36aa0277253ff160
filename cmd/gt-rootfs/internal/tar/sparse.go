package tar

import (
	"fmt"
	"strconv"
	"strings"
)

// sparse collects what an archive says about the holes of a file: in the
// header of old GNU archives, or in pax records of versions 0.0, 0.1 and 1.0,
// the last with the map in front of the data.
type sparse struct {
	given        bool
	major, minor string
	name         string
	size         int64 // of the file; -1 if not said
	count        int64
	extents      []Extent
	half         bool // an offset without its length so far
}

func (s *sparse) record(key, value string) (err error) {
	s.given = true
	switch key {
	case "major":
		s.major = value
	case "minor":
		s.minor = value
	case "name":
		s.name, err = plain(value)
	case "size", "realsize":
		s.size, err = decimal(value)
	case "numblocks":
		s.count, err = decimal(value)
	case "offset", "numbytes":
		err = s.number(value)
	case "map":
		for _, n := range strings.Split(value, ",") {
			if err = s.number(n); err != nil {
				break
			}
		}
	}
	return err
}

// number takes the next number of a map: offset, length, offset, length …
func (s *sparse) number(text string) error {
	n, err := decimal(text)
	if err != nil {
		return err
	}
	if s.half = !s.half; s.half {
		if len(s.extents) >= maxExtents {
			return fmt.Errorf("more than %d extents", maxExtents)
		}
		s.extents = append(s.extents, Extent{Offset: n})
		return nil
	}
	s.extents[len(s.extents)-1].Length = n
	return nil
}

// check compares the map with the file's size and with the bytes that follow
// in the archive, and leaves out what is empty.
func (s *sparse) check(stored int64) error {
	if s.half || s.size < 0 {
		return fmt.Errorf("the map of a sparse file is not complete")
	}
	var end, sum int64
	kept := s.extents[:0]
	for _, x := range s.extents {
		if x.Offset < end || x.Offset > s.size || x.Length > s.size-x.Offset {
			return fmt.Errorf("the map of a sparse file says %d bytes at %d, need order and %d at most", x.Length, x.Offset, s.size)
		}
		end = x.Offset + x.Length
		sum += x.Length
		if x.Length > 0 {
			kept = append(kept, x)
		}
	}
	if s.extents = kept; sum != stored {
		return fmt.Errorf("the map of a sparse file says %d bytes, the archive has %d", sum, stored)
	}
	return nil
}

// old reads the map of a GNU header of type S, which goes on in further
// blocks as long as a flag says so.
func (r *Reader) old(b block, s *sparse) error {
	var err error
	if s.size, err = number(b[483:495]); err != nil {
		return err
	}
	s.given = true
	list, more := b[386:482], b[482] != 0
	for {
		for ; len(list) >= 24 && list[0] != 0; list = list[24:] {
			off, err1 := number(list[:12])
			n, err2 := number(list[12:24])
			if err1 != nil || err2 != nil || off < 0 || n < 0 {
				return fmt.Errorf("the map of a sparse file is damaged")
			}
			if len(s.extents) >= maxExtents {
				return fmt.Errorf("more than %d extents", maxExtents)
			}
			s.extents = append(s.extents, Extent{off, n})
		}
		if !more {
			return nil
		}
		if b, err = r.block(); err != nil {
			return err
		}
		list, more = b[:504], b[504] != 0
	}
}

// inline reads the map of version 1.0: decimal lines in front of the data,
// filled up to whole blocks. It returns how many bytes of the data that was.
func (r *Reader) inline(s *sparse, stored int64) (int64, error) {
	var used int64
	want := int64(-1) // numbers still to come; the first says how many
	var line []byte
	for want != 0 {
		if used+blockSize > stored {
			return 0, fmt.Errorf("the map of a sparse file is longer than its data")
		}
		b, err := r.block()
		if err != nil {
			return 0, err
		}
		used += blockSize
		for _, c := range b {
			if c != '\n' {
				if line = append(line, c); len(line) > 20 {
					return 0, errNumber(string(line))
				}
				continue
			}
			if want, err = s.line(string(line), want); err != nil {
				return 0, err
			}
			if line = line[:0]; want == 0 {
				break
			}
		}
	}
	return used, nil
}

func (s *sparse) line(text string, want int64) (int64, error) {
	if want > 0 {
		return want - 1, s.number(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxExtents {
		return 0, fmt.Errorf("the map of a sparse file has %q extents, need at most %d", text, maxExtents)
	}
	return 2 * n, nil
}
