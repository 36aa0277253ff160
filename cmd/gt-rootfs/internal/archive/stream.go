package archive

import (
	"context"
	"errors"
	"hash"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

const (
	chunk = 256 << 10 // bytes handed over at once
	depth = 16        // chunks in flight between the decompressor and the reader, so that a run of large or small files stops neither
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

	full  chan piece // everything else by another goroutine
	free  chan []byte
	stop  chan struct{}
	close sync.Once
	held  []byte
	ended error
	seen  []byte // looked at, but not taken
}

type piece struct {
	data []byte
	err  error
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
		s.free <- s.held
		s.held = nil
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
	s.free = make(chan []byte, depth+1)
	s.stop = make(chan struct{})
	for range depth {
		s.free <- nil // made when needed: most archives are small
	}
	go func() {
		defer closing()
		s.produce(r)
	}()
	return s
}

func (s *Stream) produce(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-s.free:
		case <-s.stop:
			return
		}
		if buf == nil {
			buf = make([]byte, chunk)
		}
		n, err := fill(r, buf)
		s.add(buf[:n])
		select {
		case s.full <- piece{buf[:n], err}:
		case <-s.stop:
			return
		}
		if err != nil {
			return
		}
	}
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
