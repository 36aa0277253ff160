package archive

import (
	"context"
	"errors"
	"hash"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

const (
	chunk = 128 << 10 // bytes handed over at once
	// Chunks in flight between the decompressor and the reader: it goes on
	// through a run of small files, and is ahead when large ones come.
	depth = 32
)

// A Stream is the plain content of an archive. It is read by one goroutine.
type Stream struct {
	Format Format
	Count  atomic.Int64 // bytes of plain content so far

	ctx context.Context
	sum hash.Hash // of the plain content, if anybody wants it

	src  io.Reader // a plain file is read in place
	buf  []byte
	file *os.File // that, if others may read in it too
	at   int64    // where in it Next goes on

	full  chan piece    // everything else by another goroutine
	room  chan struct{} // for one more chunk in flight
	spare spare
	stop  chan struct{}
	close sync.Once

	before *Stream       // to be decompressed first
	over   chan struct{} // all is decompressed

	held  []byte
	check *check
	ended error
	seen  []byte // looked at, but not taken
}

type piece struct {
	data  []byte
	marks []mark
	err   error
}

// Next returns the next bytes, which stay valid until the following call. All
// chunks but the last are of the same size, a multiple of 512. At the end it
// is io.EOF; a compressed stream has then been verified as a whole.
func (s *Stream) Next() ([]byte, error) {
	if b := s.seen; b != nil {
		s.seen = nil
		return b, nil
	}
	if s.ended != nil {
		return nil, s.ended
	}
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if s.full == nil {
		n, err := fill(s.src, s.buf)
		s.ended = err
		s.at += int64(n)
		s.add(s.buf[:n])
		return s.some(s.buf[:n])
	}
	if s.held != nil {
		s.spare.put(s.held)
		s.held = nil
		s.room <- struct{}{}
	}
	var p piece
	select {
	case p = <-s.full:
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
	if s.ended = p.err; s.ended != nil && !errors.Is(s.ended, io.EOF) {
		s.ended = explain(s.Format, s.ended)
		if s.ctx.Err() != nil {
			s.ended = s.ctx.Err()
		}
	}
	s.held = p.data[:cap(p.data)]
	if s.check != nil {
		if err := s.check.next(p.data, p.marks); err != nil {
			s.ended = explain(s.Format, err)
			return nil, s.ended
		}
	}
	return s.some(p.data)
}

func (s *Stream) some(b []byte) ([]byte, error) {
	if len(b) > 0 {
		return b, nil
	}
	return nil, s.ended
}

func (s *Stream) add(b []byte) {
	s.Count.Add(int64(len(b)))
	if s.sum != nil {
		_, _ = s.sum.Write(b) // a hash takes everything (hash.Hash)
	}
}

// Close ends the reading without waiting for a pipe that is silent; what was
// not read is not verified.
func (s *Stream) Close() {
	s.close.Do(func() {
		if s.stop != nil {
			close(s.stop)
		}
	})
}

// ahead reads r in a goroutine of its own, which calls closing at its end.
func (s *Stream) ahead(r io.Reader, closing func()) *Stream {
	s.full = make(chan piece, depth)
	s.room = make(chan struct{}, depth)
	s.over = make(chan struct{})
	if s.stop == nil {
		s.stop = make(chan struct{})
	}
	for range depth {
		s.room <- struct{}{}
	}
	if _, ok := r.(marked); ok {
		s.check = &check{sum: xxhash.New()}
	}
	go func() {
		defer close(s.over)
		defer closing()
		if s.before != nil && s.before.over != nil {
			select {
			case <-s.before.over:
				s.before = nil // so is its memory
			case <-s.stop:
				return
			}
		}
		s.produce(r)
	}()
	return s
}

func (s *Stream) produce(r io.Reader) {
	for {
		select {
		case <-s.room:
		case <-s.stop:
			return
		}
		buf := s.spare.take()
		n, err := fill(r, buf)
		s.add(buf[:n])
		p := piece{data: buf[:n], err: err}
		if m, ok := r.(marked); ok {
			p.marks = m.take()
		}
		select {
		case s.full <- p:
		case <-s.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// spare is the chunks that wait to be used again. The last one comes first: it
// is in the processor's cache, and few are made where few are in flight.
type spare struct {
	lock sync.Mutex
	list [][]byte
}

func (s *spare) put(b []byte) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.list = append(s.list, b)
}

func (s *spare) take() []byte {
	s.lock.Lock()
	defer s.lock.Unlock()
	n := len(s.list)
	if n == 0 {
		return make([]byte, chunk)
	}
	b := s.list[n-1]
	s.list = s.list[:n-1]
	return b
}

// fill is io.ReadFull, but leaves the end as r says it: a decompressor's
// ErrUnexpectedEOF is damage, a short last chunk is not.
func fill(r io.Reader, buf []byte) (int, error) {
	n := 0
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
