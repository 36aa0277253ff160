package tar

import (
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Writer writes a POSIX pax archive in which nothing depends on when, where
// or by whom it is written. GNU tar, bsdtar and image tools read it with
// everything an Entry holds.
type Writer struct {
	dst  io.Writer
	left int64 // data of the current entry still to come
	pad  int64
}

// NewWriter writes to dst.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst} }

// Entry begins an entry. For a file its data follows through Write: Size bytes,
// or those of all extents if it is sparse.
func (w *Writer) Entry(e *Entry) error {
	if err := w.end(); err != nil {
		return err
	}
	var body []byte
	stored := int64(0)
	if e.Type == File {
		if stored = e.Size; e.Sparse {
			body = sparseMap(e.Extents)
			stored = int64(len(body))
			for _, x := range e.Extents {
				stored += x.Length
			}
		}
	}
	if err := w.extended(e.records(stored), e.Name); err != nil {
		return err
	}
	h := make(block, blockSize)
	name := e.Name
	if e.Sparse && e.Type == File {
		name = "GNUSparseFile.0/" + path.Base(e.Name)
	}
	h.put(h.name(), name)
	h.put(h.link(), e.Target)
	h[156] = e.Type
	h.octal(h.mode(), int64(e.Mode))
	h.octal(h.uid(), int64(e.UID))
	h.octal(h.gid(), int64(e.GID))
	h.octal(h.size(), stored)
	h.octal(h.mtime(), e.Mtime.Unix())
	if e.Type == Char || e.Type == Block {
		h.octal(h.major(), int64(e.Major))
		h.octal(h.minor(), int64(e.Minor))
	}
	if _, err := w.dst.Write(h.sealed()); err != nil {
		return err
	}
	w.left, w.pad = stored, -stored&(blockSize-1)
	if len(body) > 0 {
		_, err := w.Write(body)
		return err
	}
	return nil
}

// Write adds data to the current entry.
func (w *Writer) Write(p []byte) (int, error) {
	if int64(len(p)) > w.left {
		return 0, fail.New(fail.CodeBusy, "it grew while it was packed")
	}
	n, err := w.dst.Write(p)
	w.left -= int64(n)
	return n, err
}

// Close writes the end mark; dst stays open.
func (w *Writer) Close() error {
	if err := w.end(); err != nil {
		return err
	}
	_, err := w.dst.Write(make([]byte, 2*blockSize))
	return err
}

func (w *Writer) end() error {
	if w.left > 0 {
		return fail.New(fail.CodeBusy, "it shrank while it was packed")
	}
	_, err := w.dst.Write(make([]byte, w.pad))
	w.pad = 0
	return err
}

// extended writes the records that a header has no place for, if any.
func (w *Writer) extended(list []record, name string) error {
	if len(list) == 0 {
		return nil
	}
	var data []byte
	for _, r := range list {
		data = append(data, r.line()...)
	}
	if len(data) > maxRecord {
		return fail.New(fail.CodeLimit, "attributes of %d bytes, need at most %d", len(data), maxRecord)
	}
	h := make(block, blockSize)
	h.put(h.name(), "PaxHeaders/"+path.Base(name))
	h[156] = 'x'
	h.octal(h.mode(), 0o644)
	h.octal(h.uid(), 0)
	h.octal(h.gid(), 0)
	h.octal(h.size(), int64(len(data)))
	h.octal(h.mtime(), 0)
	data = append(data, make([]byte, -len(data)&(blockSize-1))...)
	_, err := w.dst.Write(append(h.sealed(), data...))
	return err
}

// records are what the entry is beyond the bounds of a ustar header.
func (e *Entry) records(stored int64) []record {
	var list []record
	add := func(key, value string) { list = append(list, record{key, value}) }
	if e.Sparse && e.Type == File {
		add(sparseKey+"major", "1")
		add(sparseKey+"minor", "0")
		add(sparseKey+"name", e.Name)
		add(sparseKey+"realsize", strconv.FormatInt(e.Size, 10))
	} else if len(e.Name) > 100 || !ascii(e.Name) {
		add("path", e.Name)
	}
	if len(e.Target) > 100 || !ascii(e.Target) {
		add("linkpath", e.Target)
	}
	if stored >= 1<<33 {
		add("size", strconv.FormatInt(stored, 10))
	}
	if e.UID >= 1<<21 {
		add("uid", strconv.FormatUint(uint64(e.UID), 10))
	}
	if e.GID >= 1<<21 {
		add("gid", strconv.FormatUint(uint64(e.GID), 10))
	}
	if s := e.Mtime.Unix(); s < 0 || s >= 1<<33 || e.Mtime.Nanosecond() != 0 {
		add("mtime", moment(e.Mtime))
	}
	for _, x := range e.Xattrs {
		add(xattrKey+escape.Replace(x.Name), string(x.Value))
	}
	return list
}

var escape = strings.NewReplacer("=", "%3D", "%", "%25")

// line is "LENGTH key=value\n", where the length counts its own digits.
func (r record) line() []byte {
	body := len(r.key) + len(r.value) + 3
	n := body + 1
	for n != body+len(strconv.Itoa(n)) {
		n = body + len(strconv.Itoa(n))
	}
	return fmt.Appendf(nil, "%d %s=%s\n", n, r.key, r.value)
}

// moment is a time in seconds with its fraction; -1.5 is half a second after
// -2.
func moment(t time.Time) string {
	sec, nsec, sign := t.Unix(), int64(t.Nanosecond()), ""
	if sec < 0 && nsec > 0 {
		sec, nsec = -sec-1, 1e9-nsec
		sign = "-"
	}
	s := sign + strconv.FormatInt(sec, 10)
	if nsec > 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%09d", nsec), "0")
	}
	return s
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// sparseMap is the map of version 1.0, which lies in front of the data.
func sparseMap(list []Extent) []byte {
	b := fmt.Appendf(nil, "%d\n", len(list))
	for _, x := range list {
		b = fmt.Appendf(b, "%d\n%d\n", x.Offset, x.Length)
	}
	return append(b, make([]byte, -len(b)&(blockSize-1))...)
}

// put cuts what is too long: a record says it in full.
func (b block) put(field []byte, s string) { copy(field, s) }

// octal fills a field; a number that does not fit is in a record, and 0 here.
func (b block) octal(field []byte, n int64) {
	s := strconv.FormatInt(n, 8)
	if n < 0 || len(s) > len(field)-1 {
		s = "0"
	}
	copy(field, strings.Repeat("0", len(field)-1-len(s))+s)
}

// sealed is the header with its magic and checksum.
func (b block) sealed() []byte {
	copy(b.magic(), "ustar\x0000")
	copy(b.sum(), "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b.sum(), fmt.Sprintf("%06o\x00 ", sum))
	return b
}
