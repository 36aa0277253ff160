package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
)

// A summary is the line of --json: what a step of a pipeline wants to know.
type summary struct {
	ID       string          `json:"id"`
	Command  []string        `json:"command"`
	Code     int             `json:"code"`
	Seconds  float64         `json:"seconds"`
	Use      json.RawMessage `json:"use,omitempty"` // what gt-mon account says
	Changes  json.RawMessage `json:"changes,omitempty"`
	Finished string          `json:"finished"`
}

// afterwards does what the options ask for when the command has ended, and
// removes the container that was kept for it.
func (l *launch) afterwards(code int, began time.Time) error {
	ctx := context.Background()
	var failed error
	if l.JSON {
		s := summary{ID: l.id, Command: l.Args, Code: code, Seconds: time.Since(began).Seconds(), Finished: time.Now().UTC().Format(time.RFC3339Nano)}
		use, err := sibling.Output(ctx, "gt-mon", append(rootArgs(l.bundle.Root), "account", l.id)...)
		if err == nil {
			s.Use = use
		}
		if l.Diff && err == nil {
			s.Changes, err = l.changes(ctx, "json")
		}
		failed = errors.Join(failed, err, tell(&s))
	} else if l.Diff {
		text, err := l.changes(ctx, "text")
		if err == nil {
			_, err = os.Stderr.Write(text)
		}
		failed = errors.Join(failed, err)
	}
	if l.Commit && code == 0 && failed == nil {
		_, failed = sibling.Output(ctx, "gt-rootfs", "commit", l.bundle.Path, "host")
	}
	if l.rm {
		if _, err := oci(ctx, l.bundle, "delete", l.id); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// changes asks gt-rootfs. Its JSON is a line an entry; ours is an array.
func (l *launch) changes(ctx context.Context, form string) ([]byte, error) {
	text, err := sibling.Output(ctx, "gt-rootfs", "diff", "--format", form, l.bundle.Path)
	if err != nil || form == "text" {
		return text, err
	}
	return array(text)
}

func array(lines []byte) ([]byte, error) {
	out := []byte{'['}
	for i, line := range splitLines(lines) {
		if !json.Valid(line) {
			return nil, fmt.Errorf("gt-rootfs diff: have %q, need JSON", line)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, line...)
	}
	return append(out, ']'), nil
}

func splitLines(text []byte) (list [][]byte) {
	start := 0
	for i, c := range text {
		if c == '\n' {
			if i > start {
				list = append(list, text[start:i])
			}
			start = i + 1
		}
	}
	if start < len(text) {
		list = append(list, text[start:])
	}
	return list
}

func tell(s *summary) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = os.Stderr.Write(append(text, '\n'))
	return err
}

// cidfile writes the name where --cidfile says; it must not be there before.
func cidfile(name string, b *bundle.Bundle) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("--cidfile: %w", err)
	}
	_, err = f.WriteString(b.ID + "\n")
	return errors.Join(err, f.Close())
}
