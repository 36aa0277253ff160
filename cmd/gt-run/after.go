package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

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
	if l.JSON || l.JUnit != "" {
		s := summary{ID: l.id, Command: l.Args, Code: code, Seconds: time.Since(began).Seconds(), Finished: time.Now().UTC().Format(time.RFC3339Nano)}
		use, err := l.use(ctx)
		if err == nil {
			s.Use = use
		}
		if l.Diff && err == nil {
			s.Changes, err = l.changes(ctx, "json")
		}
		failed = errors.Join(failed, err, l.tell(&s))
	} else if l.Diff {
		text, err := l.changes(ctx, "text")
		if err == nil {
			_, err = os.Stderr.Write(text)
		}
		failed = errors.Join(failed, err)
	}
	if l.Commit && code == 0 && failed == nil {
		_, failed = sibling.Output(ctx, "gt-rootfs", "keep", l.bundle.Path)
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

// use is what the container used. Who may make no cgroup has the kernel's account
// of the processes that were waited for, gt-oci among them.
func (l *launch) use(ctx context.Context) (json.RawMessage, error) {
	text, err := sibling.Output(ctx, "gt-mon", append(rootArgs(l.bundle.Root), "account", l.id)...)
	if err != nil || l.used == nil {
		return text, err
	}
	var group struct {
		CPU struct{ Total int64 }
	}
	if err := json.Unmarshal(text, &group); err != nil || group.CPU.Total > 0 {
		return text, err
	}
	us := func(t syscall.Timeval) int64 { return t.Sec*1e6 + t.Usec }
	user, system := us(l.used.Utime), us(l.used.Stime)
	return json.Marshal(map[string]any{
		"of":         "processes",
		"cpu":        map[string]int64{"total": user + system, "user": user, "system": system},
		"memoryPeak": l.used.Maxrss << 10,
	})
}

// tell says the summary where it is wanted.
func (l *launch) tell(s *summary) error {
	if l.JUnit != "" {
		if err := os.WriteFile(l.JUnit, junit(s), 0o644); err != nil {
			return fmt.Errorf("--junit: %w", err)
		}
	}
	if !l.JSON {
		return nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = os.Stderr.Write(append(text, '\n'))
	return err
}

// cidfile writes the name where --cidfile says; it must not be there before.
func cidfile(name, id string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("--cidfile: %w", err)
	}
	_, err = f.WriteString(id + "\n")
	return errors.Join(err, f.Close())
}

// uncidfile takes the name back of a container that never was.
func (o *options) uncidfile() error {
	if o.Cidfile == "" {
		return nil
	}
	return os.Remove(o.Cidfile)
}
