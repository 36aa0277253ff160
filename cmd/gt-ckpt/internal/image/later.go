package image

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Where memory comes later, a stream has no pages of a process but those that
// CRIU reads before it lets the process go on.
const (
	pagesName = "pages-%d.img"
	eagerName = "eager-%d.img" // those
	lazyPage  = 1 << 1         // of a pagemap_entry's flags
)

// A Piece is memory of a process that lies together, here and in the file.
type Piece struct {
	Addr, Offset, Size uint64
	Lazy               bool
}

// A Memory is all that one process has of its own; Path is the file.
type Memory struct {
	Pid    uint64 // in the container
	Path   string
	Pieces []Piece
	number uint64 // of the file
	size   uint64
}

// Memories reads what the processes of images have.
func Memories(images string) ([]Memory, error) {
	paths, err := filepath.Glob(filepath.Join(images, "pagemap-[0-9]*.img"))
	if err != nil {
		return nil, err
	}
	var list []Memory
	for _, path := range paths {
		m, err := memoryOf(path)
		if err != nil {
			return nil, err
		}
		m.Path = filepath.Join(images, fmt.Sprintf(pagesName, m.number))
		list = append(list, m)
	}
	return list, nil
}

func memoryOf(path string) (m Memory, err error) {
	if _, err := fmt.Sscanf(filepath.Base(path), "pagemap-%d.img", &m.Pid); err != nil {
		return m, malformed(path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	first := true
	err = messages(b, func(text []byte) error {
		f, err := parse(text)
		if err != nil {
			return err
		}
		if first {
			m.number, first = f[fieldPagesID].n, false
			return nil
		}
		flags := f[fieldFlags].n
		if flags&pagePresent == 0 {
			return nil
		}
		p := Piece{Addr: f[fieldVaddr].n, Offset: m.size, Size: f[fieldNrPages].n * uint64(os.Getpagesize()), Lazy: flags&lazyPage != 0}
		if f[fieldNrPages].n > mostPages {
			return errMessage
		}
		m.size += p.Size
		m.Pieces = append(m.Pieces, p)
		return nil
	})
	if err != nil || first {
		return m, malformed(path)
	}
	return m, nil
}

// mostPages is what one piece may have: 16 TiB.
const mostPages = 1 << 32

// Thin writes the pages that have to be there at once into members of their own,
// and returns those that can come later and those that it wrote.
func Thin(dir string) (later map[string]bool, eager []File, err error) {
	list, err := Memories(filepath.Join(dir, ImagesDir))
	if err != nil {
		return nil, nil, err
	}
	later = map[string]bool{}
	for i := range list {
		m := &list[i]
		if err := m.copyEager(m.Path, m.eager(), true); err != nil {
			return nil, nil, err
		}
		later[ImagesDir+"/"+filepath.Base(m.Path)] = true
		f, err := describe(m.eager(), ImagesDir+"/"+filepath.Base(m.eager()))
		if err != nil {
			return nil, nil, err
		}
		eager = append(eager, f)
	}
	return later, eager, nil
}

// Swell makes the files of pages of what Thin wrote, with holes for the pages
// that come later.
func Swell(images string) error {
	list, err := Memories(images)
	if err != nil {
		return err
	}
	for i := range list {
		if err := list[i].copyEager(list[i].eager(), list[i].Path, false); err != nil {
			return err
		}
		if err := os.Truncate(list[i].Path, int64(list[i].size)); err != nil {
			return err
		}
		if err := os.Remove(list[i].eager()); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) eager() string {
	return filepath.Join(filepath.Dir(m.Path), fmt.Sprintf(eagerName, m.number))
}

// copyEager copies those pages, which lie one behind the other in one of the two
// files.
func (m *Memory) copyEager(from, to string, together bool) error {
	in, err := open(from)
	if os.IsNotExist(err) {
		return fail.New(fail.CodeInput, "checkpoint lacks %s", filepath.Base(from))
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	at := int64(0)
	for _, p := range m.Pieces {
		if p.Lazy {
			continue
		}
		here, there := int64(p.Offset), at
		if !together {
			here, there = there, here
		}
		if _, err = io.CopyN(io.NewOffsetWriter(out, there), io.NewSectionReader(in, here, int64(p.Size)), int64(p.Size)); err != nil {
			err = fail.New(fail.CodeInput, "copy %s: %w", filepath.Base(from), err)
			break
		}
		at += int64(p.Size)
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// Find tells where in the file the memory at an address is.
func (m *Memory) Find(addr, size uint64) (offset uint64, ok bool) {
	for _, p := range m.Pieces {
		if addr >= p.Addr && addr-p.Addr < p.Size {
			return p.Offset + addr - p.Addr, size <= p.Size-(addr-p.Addr)
		}
	}
	return 0, false
}

// Parts is into how many of a size the file goes.
func (m *Memory) Parts(size uint64) uint64 { return (m.size + size - 1) / size }

// Part is how long one of them is, 0 if there is none.
func (m *Memory) Part(n, size uint64) uint64 {
	if n >= m.Parts(size) {
		return 0
	}
	return min(size, m.size-n*size)
}
