package tar

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Source gives an archive in chunks that are a multiple of 512 bytes long,
// all but the last; archive.Stream is one.
type Source interface{ Next() ([]byte, error) }

// maxTail bounds what may follow the end mark. Programs fill up to a record of
// some KiB; the rest would be read for its checksum only.
const maxTail = 64 << 20

// A Reader walks over the entries of an archive.
type Reader struct {
	// Verified says that the source knows its own end, as a compressed
	// stream with a checksum does. Without it, an archive that has no end
	// mark counts as cut off.
	Verified bool

	src    Source
	buf    []byte // of the current chunk, not yet used
	at     int64  // bytes used
	left   int64  // data of the current entry, not yet used
	pad    int64  // and the zeros that fill its last block
	name   string
	global []record
}

// NewReader reads from src.
func NewReader(src Source) *Reader { return &Reader{src: src} }

// Next skips the rest of the current entry and returns the following one, or
// io.EOF after the last.
func (r *Reader) Next() (*Entry, error) {
	if err := r.skip(r.left + r.pad); err != nil {
		return nil, err
	}
	r.left, r.pad = 0, 0
	var local []record
	var longName, longTarget *string
	for {
		b, err := r.header()
		if err != nil {
			return nil, err
		}
		switch b.flag() {
		case 'x':
			local, err = r.extended(b)
		case 'g':
			err = r.globals(b)
		case 'L':
			longName, err = r.long(b)
		case 'K':
			longTarget, err = r.long(b)
		case 'V': // the label of a tape
		default:
			return r.entry(b, local, longName, longTarget)
		}
		if err != nil {
			return nil, err
		}
	}
}

// header returns the next block that is a header; io.EOF if it is the end.
func (r *Reader) header() (block, error) {
	b, err := r.block()
	if errors.Is(err, io.EOF) {
		if r.at == 0 {
			return nil, fail.New(fail.CodeInput, "the archive is empty")
		}
		if !r.Verified {
			return nil, r.cut()
		}
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	if b.zero() {
		return nil, r.drain()
	}
	if !b.valid() {
		return nil, fail.New(fail.CodeInput, "the archive is damaged at byte %d: no header with a right checksum after %s", r.at-blockSize, Show(r.name))
	}
	return b, nil
}

func (r *Reader) entry(b block, local []record, longName, longTarget *string) (*Entry, error) {
	// The header's bytes die with the next chunk, which a map may need.
	b = append(block(nil), b...)
	e, err := b.entry()
	if err != nil {
		return nil, err
	}
	s := &sparse{size: -1}
	for _, list := range [][]record{r.global, local} {
		if err := e.apply(list, s); err != nil {
			return nil, err
		}
	}
	if longName != nil {
		e.Name = *longName
	}
	if longTarget != nil {
		e.Target = *longTarget
	}
	if s.name != "" {
		e.Name = s.name
	}
	r.name = e.Name
	return e, r.body(e, b, s)
}

// body finds out how many bytes follow in the archive, and what they are.
func (r *Reader) body(e *Entry, b block, s *sparse) error {
	switch e.Type {
	case File, 0, '7', 'S':
		e.Type = File
	case Link, Symlink, Char, Block, Dir, Fifo:
		e.Size = 0
		return nil
	default:
		return broken(e.Name, "entry of type %q, need a file, link, device, directory or fifo", string(rune(e.Type)))
	}
	if e.Size < 0 || e.Size > 1<<62 {
		return broken(e.Name, "size %d", e.Size)
	}
	stored := e.Size
	if err := r.holes(e, b, s, &stored); err != nil {
		if errors.Is(err, io.EOF) {
			return r.cut()
		}
		return broken(e.Name, "%w", err)
	}
	r.left, r.pad = stored, -stored&(blockSize-1)
	if strings.HasSuffix(e.Name, "/") { // how V7 wrote directories
		e.Type, e.Size, e.Sparse, e.Extents = Dir, 0, false, nil
	}
	return nil
}

func (r *Reader) holes(e *Entry, b block, s *sparse, stored *int64) error {
	if b.flag() == 'S' {
		if !b.gnu() {
			return fmt.Errorf("sparse file in an archive that is not GNU's")
		}
		if err := r.old(b, s); err != nil {
			return err
		}
	}
	if !s.given {
		return nil
	}
	switch {
	case s.major == "1" && s.minor == "0":
		used, err := r.inline(s, *stored)
		if err != nil {
			return err
		}
		*stored -= used
	case s.major != "" && s.major != "0":
		return fmt.Errorf("sparse file of version %s.%s, need 0.0, 0.1 or 1.0", s.major, s.minor)
	case s.count != 0 && s.count != int64(len(s.extents)):
		return fmt.Errorf("the map of a sparse file has %d extents, need %d", len(s.extents), s.count)
	}
	if err := s.check(*stored); err != nil {
		return err
	}
	e.Sparse, e.Size, e.Extents = true, s.size, s.extents
	return nil
}

// Data returns the next bytes of the current entry, valid until the following
// call; io.EOF when there are no more.
func (r *Reader) Data() ([]byte, error) {
	if r.left == 0 {
		return nil, io.EOF
	}
	if err := r.more(); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, r.cut()
		}
		return nil, err
	}
	n := min(int64(len(r.buf)), r.left)
	b := r.buf[:n]
	r.use(n)
	r.left -= n
	return b, nil
}
