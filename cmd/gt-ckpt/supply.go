package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Memory that comes later goes in parts, the last of a file may be smaller. Each
// has a head: the number of its file, in the order of the pagemaps, its own in
// that file, and its length. A head alone, of a file that cannot be, says go.
const (
	partSize = 256 << 10
	partHead = 4 + 4 + 4
)

type partID struct{ file, n uint32 }

var goes = partID{1<<32 - 1, 1<<32 - 1}

// A supply is the source of memory for a container of the far side, from the
// moment at which that side begins to restore it: even CRIU may touch some.
type supply struct {
	line  *wire.Line
	out   io.WriteCloser
	files []*os.File
	order []partID
	sent  map[partID]bool
	wants chan partID
	words chan said
	over  chan struct{}
}

type said struct {
	word string
	err  error
}

func newSupply(line *wire.Line, images string) (*supply, error) {
	list, err := image.Memories(images)
	if err != nil {
		return nil, err
	}
	s := &supply{
		line: line, out: line.Frames(), sent: map[partID]bool{},
		wants: make(chan partID), words: make(chan said), over: make(chan struct{}),
	}
	for i := range list {
		f, err := os.Open(list[i].Path)
		if err != nil {
			s.close()
			return nil, err
		}
		s.files = append(s.files, f)
		for n := range list[i].Parts(partSize) {
			s.order = append(s.order, partID{uint32(i), uint32(n)})
		}
	}
	go s.listen()
	return s, nil
}

func (s *supply) close() {
	if s == nil {
		return
	}
	close(s.over)
	for _, f := range s.files {
		_ = f.Close()
	}
}

// listen hears what the far side says and wants.
func (s *supply) listen() {
	for {
		word, sentence, err := s.line.Word()
		if err == nil && word == wire.Want {
			var id partID
			if _, err = fmt.Sscanf(sentence, "%d %d", &id.file, &id.n); err == nil {
				select {
				case s.wants <- id:
					continue
				case <-s.over:
					return
				}
			}
		}
		select {
		case s.words <- said{word, err}:
		case <-s.over:
			return
		}
		if err != nil {
			return
		}
	}
}

// until gives the far side what it wants until it says a word.
func (s *supply) until(word string, patience time.Duration) error {
	late := time.After(patience)
	for {
		select {
		case id := <-s.wants:
			if err := s.send(id); err != nil {
				return err
			}
		case w := <-s.words:
			if w.err == nil && w.word != word {
				w.err = fail.New(fail.CodeInput, "the other side says %q, need %s", w.word, word)
			}
			return w.err
		case <-late:
			return wire.ErrLate
		}
	}
}

// begin says go.
func (s *supply) begin() error {
	_, err := s.out.Write(head(goes, 0))
	return err
}

// run sends all memory, what the far side waits for first, and returns when
// that side has it. Moved is told of each part that went.
func (s *supply) run(patience time.Duration, moved func()) error {
	for _, id := range s.order {
		for waits := true; waits; {
			select {
			case wanted := <-s.wants:
				if err := s.send(wanted); err != nil {
					return err
				}
			case w := <-s.words:
				if w.err == nil {
					w.err = fail.New(fail.CodeInput, "the other side says %q before it has all memory", w.word)
				}
				return w.err
			default:
				waits = false
			}
		}
		if err := s.send(id); err != nil {
			return err
		}
		moved()
	}
	if err := s.out.Close(); err != nil {
		return s.lost(err)
	}
	return s.until(wire.Whole, patience)
}

func head(id partID, n int) []byte {
	b := binary.BigEndian.AppendUint32(nil, id.file)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, id.n), uint32(n))
}

func (s *supply) send(id partID) error {
	if s.sent[id] {
		return nil
	}
	if uint64(id.file) >= uint64(len(s.files)) {
		return fail.New(fail.CodeInput, "the other side wants memory of file %d, have %d", id.file, len(s.files))
	}
	b := make([]byte, partHead+partSize)
	n, err := s.files[id.file].ReadAt(b[partHead:], int64(id.n)*partSize)
	if err != nil && err != io.EOF {
		return err
	}
	copy(b, head(id, n))
	s.sent[id] = true
	if _, err := s.out.Write(b[:partHead+n]); err != nil {
		return s.lost(err)
	}
	return nil
}

// lost prefers what the other side says to that it does not listen.
func (s *supply) lost(err error) error {
	select {
	case w := <-s.words:
		if w.err != nil {
			return w.err
		}
	case <-time.After(time.Second):
	}
	return fail.New(fail.CodeStatus, "send memory: %w", err)
}
