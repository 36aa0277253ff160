// Package event is the log of what happened to containers: events.jsonl in the
// state directory, one line an event, appended in one write.
package event

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/json"
)

// File is the name of the log.
const File = "events.jsonl"

const rotateAt = 1 << 20

// Event is one line.
type Event struct {
	Time string            `json:"time"` // RFC 3339, nanoseconds
	Type string            `json:"type"`
	ID   string            `json:"id"`
	Data map[string]string `json:"data,omitempty"`
}

// New makes an event of now; pairs are keys and values.
func New(kind, id string, pairs ...string) Event {
	e := Event{Time: time.Now().UTC().Format(time.RFC3339Nano), Type: kind, ID: id}
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data[pairs[i]] = pairs[i+1]
	}
	return e
}

// Line is the event as the log keeps it, with the line's end.
func (e *Event) Line() []byte {
	b := json.AppendString([]byte(`{"time":`), e.Time)
	b = json.AppendString(append(b, `,"type":`...), e.Type)
	b = json.AppendString(append(b, `,"id":`...), e.ID)
	if len(e.Data) > 0 {
		b = json.AppendStrings(append(b, `,"data":`...), e.Data)
	}
	return append(b, '}', '\n')
}

// parse reads a line; one that is no event was not written by this package.
func parse(line []byte) (e Event, ok bool) {
	r := json.NewReader(line)
	r.Object(func(name string) {
		switch name {
		case "time":
			e.Time = r.String()
		case "type":
			e.Type = r.String()
		case "id":
			e.ID = r.String()
		case "data":
			r.Object(func(key string) {
				if e.Data == nil {
					e.Data = map[string]string{}
				}
				e.Data[key] = r.String()
			})
		}
	})
	return e, r.End() == nil
}

// Append writes the event. A line shorter than PIPE_BUF is never torn.
func Append(root string, e Event) error {
	line := e.Line()
	if len(line) > 4000 {
		e.Data = map[string]string{"cut": "the data was too long for one line"}
		line = e.Line()
	}
	name := filepath.Join(root, File)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(line); err != nil {
		return err
	}
	if at, err := f.Seek(0, 1); err == nil && at > rotateAt {
		return rotate(f, name)
	}
	return nil
}

// rotate keeps one old log. Only one writer does it: the one that finds its
// file still under the name while holding the lock.
func rotate(f *os.File, name string) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	if now, err := os.Stat(name); err != nil || !os.SameFile(mine, now) {
		return nil
	}
	return os.Rename(name, name+".1")
}
