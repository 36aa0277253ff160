// Package wire is the talk of a migration over any stream of bytes, in both
// directions:
//
//	source                                far side
//	checkpoint in frames, an empty one ─►
//	                                   ◄─ ready: restored, nothing runs;  or no, why
//	(its copy is killed)
//	go                                 ─►
//	                                   ◄─ done: it runs
//
// and where its memory comes later:
//
//	memory in frames, an empty one     ─►
//	                                   ◄─ want, what comes first: any number of these
//	                                   ◄─ whole: it needs nothing more
//
// A frame is a length of four bytes, big endian, and so many bytes.
package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// The words; No is followed by a sentence.
const (
	Ready = "ready"
	Go    = "go"
	Done  = "done"
	Want  = "want"
	Whole = "whole"
	No    = "no"
)

// most is what a frame may have, in bytes.
const most = 1 << 20

// A Line is one end of the connection.
type Line struct {
	r *bufio.Reader
	w io.Writer
}

// New makes an end of what is read and what is written.
func New(r io.Reader, w io.Writer) *Line {
	return &Line{r: bufio.NewReaderSize(r, 1<<16), w: w}
}

// Say sends a word, and a sentence behind it where there is one.
func (l *Line) Say(word, sentence string) error {
	text := word
	if sentence != "" {
		text += " " + strings.ReplaceAll(sentence, "\n", " ")
	}
	_, err := io.WriteString(l.w, text+"\n")
	return err
}

// ErrGone is a far side that ended without a word.
var ErrGone = errors.New("the other side has gone")

// ErrLate is a far side that lives and says nothing.
var ErrLate = errors.New("the other side says nothing")

// HearIn is Hear for who cannot wait for ever: ErrLate after that time, and the
// line is of no use then.
func (l *Line) HearIn(want string, patience time.Duration) error {
	heard := make(chan error, 1)
	go func() { heard <- l.Hear(want) }()
	select {
	case err := <-heard:
		return err
	case <-time.After(patience):
		return ErrLate
	}
}

// Hear waits for a word. The other side's no is an error.
func (l *Line) Hear(want string) error {
	word, _, err := l.Word()
	if err == nil && word != want {
		err = fail.New(fail.CodeInput, "the other side says %q, need %s", word, want)
	}
	return err
}

// Word waits for any word, and what is behind it.
func (l *Line) Word() (word, sentence string, err error) {
	var b []byte
	for len(b) < 4096 {
		c, err := l.r.ReadByte()
		if err != nil {
			return "", "", ErrGone
		}
		if c == '\n' {
			break
		}
		b = append(b, c)
	}
	word, sentence, _ = strings.Cut(string(b), " ")
	if word == No {
		err = fail.New(fail.CodeStatus, "the other side: %s", sentence)
	}
	return word, sentence, err
}

// Frames is where the checkpoint is written; Close ends it.
func (l *Line) Frames() io.WriteCloser { return &frames{l: l} }

type frames struct{ l *Line }

func (f *frames) Write(b []byte) (int, error) {
	done := 0
	for len(b) > 0 {
		n := min(len(b), most)
		if err := f.head(n); err != nil {
			return done, err
		}
		if _, err := f.l.w.Write(b[:n]); err != nil {
			return done, err
		}
		b, done = b[n:], done+n
	}
	return done, nil
}

func (f *frames) head(n int) error {
	_, err := f.l.w.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	return err
}

// Close says that this was all.
func (f *frames) Close() error { return f.head(0) }

// Body reads what Frames wrote, to its end.
func (l *Line) Body() io.Reader { return &body{l: l} }

type body struct {
	l    *Line
	left int
	end  bool
}

func (b *body) Read(p []byte) (int, error) {
	if b.end {
		return 0, io.EOF
	}
	if b.left == 0 {
		var head [4]byte
		if _, err := io.ReadFull(b.l.r, head[:]); err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		n := binary.BigEndian.Uint32(head[:])
		if n > most {
			return 0, fail.New(fail.CodeInput, "frame has %d bytes, need at most %d", n, most)
		}
		if b.left = int(n); n == 0 {
			b.end = true
			return 0, io.EOF
		}
	}
	n, err := b.l.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
