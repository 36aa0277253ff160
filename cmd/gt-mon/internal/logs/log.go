// Package logs takes what a container writes, line by line, to where it is kept.
package logs

import (
	"bytes"
	"fmt"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
)

// File is the name of the current log in the monitor's data.
const File = "container.log"

// maxLine is what of a line without an end is kept before it is written as a
// part, in bytes.
const maxLine = 16 << 10

// Streams of a container. Monitor is the monitor's own word.
const (
	Stdout  = "stdout"
	Stderr  = "stderr"
	Monitor = "monitor"
)

// A line is one that the container wrote, or a part of a longer one.
type line struct {
	stream string
	text   []byte // without its end
	whole  bool
	at     time.Time
}

// A driver keeps lines. It appends to b what has to be written.
type driver interface {
	put(l *line) error
	close() error
}

// A Log is where one container's output goes. A line that cannot be kept, as on
// a full disk, is counted: the container never waits for its log.
type Log struct {
	Lost   uint64
	Err    error // why the last line was lost; nil when lines are kept again
	driver driver
	parts  map[string][]byte
	told   uint64 // lost lines that the log tells of
	line   line   // kept, so that a line makes no garbage
}

// Open opens the log that the settings ask for.
func Open(s *settings.Settings) (*Log, error) {
	l := &Log{parts: map[string][]byte{}}
	var err error
	switch s.Log.Driver {
	case "none":
		l.driver = nothing{}
	case "journald":
		l.driver, err = openJournal(s)
	default:
		l.driver, err = openFile(s)
	}
	return l, err
}

// Write takes what a stream of the container said.
func (l *Log) Write(stream string, text []byte, at time.Time) {
	part := l.parts[stream]
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\n')
		if i >= 0 && len(part)+i <= maxLine {
			if len(part) > 0 {
				l.keep(stream, append(part, text[:i]...), true, at)
				part = part[:0]
			} else {
				l.keep(stream, text[:i], true, at)
			}
			text = text[i+1:]
			continue
		}
		n := min(len(text), maxLine-len(part))
		part = append(part, text[:n]...)
		text = text[n:]
		if len(part) == maxLine {
			l.keep(stream, part, false, at)
			part = part[:0]
		}
	}
	l.parts[stream] = part
}

// Flush writes the last line of each stream, which may have no end.
func (l *Log) Flush(at time.Time) {
	for _, stream := range []string{Stdout, Stderr} {
		if part := l.parts[stream]; len(part) > 0 {
			l.keep(stream, part, false, at)
			l.parts[stream] = part[:0]
		}
	}
}

func (l *Log) keep(stream string, text []byte, whole bool, at time.Time) {
	l.line = line{stream, text, whole, at}
	l.put(&l.line)
}

// put keeps a line. When lines are kept again after some were lost, the log
// says so first.
func (l *Log) put(ln *line) {
	if l.Lost > l.told {
		gap := fmt.Appendf(nil, "%d lines were lost here: %v", l.Lost-l.told, l.Err)
		if l.driver.put(&line{Monitor, gap, true, ln.at}) != nil {
			l.Lost++
			return
		}
		l.told = l.Lost
	}
	l.Err = l.driver.put(ln)
	if l.Err != nil {
		l.Lost++
	}
}

// Close closes the log.
func (l *Log) Close() error { return l.driver.close() }

type nothing struct{}

func (nothing) put(*line) error { return nil }
func (nothing) close() error    { return nil }
