package event

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A Tail reads the log as it grows, through rotations. Only lines of a log that
// was rotated away twice between two calls are lost.
type Tail struct {
	name string
	now  *part // nil before there is a log
	old  *part // the one before: a writer may have had it open all the time
}

// part is one file, held open so that it is read to its end, and how far it was.
type part struct {
	file *os.File
	at   int64
}

// Follow begins with the log's first line.
func Follow(root string) *Tail { return &Tail{name: filepath.Join(root, File)} }

// Close lets the files go.
func (t *Tail) Close() {
	for _, p := range []*part{t.now, t.old} {
		if p != nil {
			_ = p.file.Close()
		}
	}
}

// Read returns the events of all whole lines since the last call.
func (t *Tail) Read() (list []Event, err error) {
	if t.old != nil {
		if list, err = t.old.lines(nil); err != nil {
			return nil, err
		}
	}
	for {
		if t.now == nil {
			if t.now, err = openPart(t.name); t.now == nil {
				return list, err
			}
		}
		// Asked before reading: what was written before the rotation is read now,
		// what a late writer adds to the old file the next time.
		next, err := t.next()
		if err != nil {
			return nil, err
		}
		if list, err = t.now.lines(list); err != nil || next == nil {
			return list, err
		}
		if t.old != nil {
			_ = t.old.file.Close()
		}
		t.old, t.now = t.now, next
	}
}

// next opens the log that came after the present one, nil if that is the last.
func (t *Tail) next() (*part, error) {
	if same, err := t.now.is(t.name); same || err != nil {
		return nil, err
	}
	last, err := openPart(t.name)
	if last == nil {
		return nil, err
	}
	same, err := t.now.is(t.name + ".1")
	if same {
		return last, nil
	}
	_ = last.file.Close()
	if err != nil {
		return nil, err
	}
	return openPart(t.name + ".1") // rotated twice
}

// is tells whether the file has that name, or none has it.
func (p *part) is(name string) (bool, error) {
	mine, err := p.file.Stat()
	if err != nil {
		return false, err
	}
	other, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return err == nil && os.SameFile(mine, other), err
}

// lines adds the events of the whole lines behind where it was.
func (p *part) lines(list []Event) ([]Event, error) {
	rest, err := io.ReadAll(io.NewSectionReader(p.file, p.at, 1<<62))
	if err != nil {
		return nil, err
	}
	for {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		if !whole {
			return list, nil
		}
		p.at += int64(len(line)) + 1
		rest = after
		if e, ok := parse(line); ok {
			list = append(list, e)
		}
	}
}

func openPart(name string) (*part, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	return &part{file: file}, nil
}

// Read returns the events of the log that is there.
func Read(root string) ([]Event, error) {
	t := Follow(root)
	defer t.Close()
	return t.Read()
}
