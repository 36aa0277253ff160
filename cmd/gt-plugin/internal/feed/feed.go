// Package feed delivers the event log to one plugin: in order, at least once,
// from where it had got to, and without the writers of the log ever waiting.
package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// retry is the pause before an event that was not taken comes again.
const retry = time.Second

// Feed is one delivery.
type Feed struct {
	path    string // of the log
	entry   *store.Entry
	deliver func(context.Context, plugin.PluginEvent) error
	warn    func(string, ...any)
	cancel  context.CancelFunc
	done    chan struct{}

	file *os.File // held open, so that a rotated log is read to its end
	at   cursor
	old  *os.File // the one before: a writer may have had it open all the time
	was  cursor
}

// cursor is how far a plugin has got: kept in the entry's file cursor.
type cursor struct {
	Inode  uint64 `json:"inode"`
	Head   string `json:"head,omitempty"` // of the file: inodes are used again
	Offset int64  `json:"offset"`
}

// fits tells whether the cursor is one of this file; a new one is of any.
func (c *cursor) fits(file cursor) bool {
	return c.Inode == 0 || c.Inode == file.Inode && strings.HasPrefix(file.Head, c.Head)
}

// Start delivers from the entry's cursor on, or if it has none from the end of
// the log: a plugin gets no events of before it was loaded.
func Start(root string, e *store.Entry, deliver func(context.Context, plugin.PluginEvent) error, warn func(string, ...any)) *Feed {
	ctx, cancel := context.WithCancel(context.Background())
	f := &Feed{
		path: filepath.Join(root, event.File), entry: e, deliver: deliver, warn: warn,
		cancel: cancel, done: make(chan struct{}),
	}
	if err := f.open(); err != nil {
		warn("events of %s: %v", e.Name, err)
	}
	go func() {
		defer close(f.done)
		if err := f.run(ctx); err != nil && ctx.Err() == nil {
			warn("events of %s: %v", e.Name, err)
		}
		for _, file := range []*os.File{f.file, f.old} {
			if file != nil {
				file.Close()
			}
		}
	}()
	return f
}

// Stop ends it; an event that is with the plugin comes again another time.
func (f *Feed) Stop() {
	f.cancel()
	<-f.done
}

// Mark notes the present end of the log as the cursor of a new entry.
func Mark(root string, e *store.Entry) error {
	f := &Feed{path: filepath.Join(root, event.File), entry: e}
	file, at, err := openLog(f.path)
	if err == nil {
		defer file.Close()
		f.at = at
		f.at.Offset, err = file.Seek(0, io.SeekEnd)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.save()
}

func (f *Feed) save() error {
	b, err := json.Marshal(f.at)
	if err != nil {
		return err
	}
	tmp := f.entry.File(".cursor")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, f.entry.File("cursor"))
}

// open finds the file of the cursor: the log, or the one that was rotated away.
func (f *Feed) open() error {
	if b, err := os.ReadFile(f.entry.File("cursor")); err == nil {
		if err := json.Unmarshal(b, &f.at); err != nil {
			return fmt.Errorf("cursor: %w", err)
		}
	}
	for _, name := range []string{f.path, f.path + ".1"} {
		file, at, err := openLog(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if f.at.fits(at) {
			at.Offset = f.at.Offset
			f.file, f.at = file, at
			return nil
		}
		file.Close()
	}
	if f.at.Inode != 0 {
		f.at = cursor{}
		return errors.New("the log was rotated twice meanwhile: events are lost")
	}
	return nil
}

// openLog returns the file and the cursor of its beginning.
func openLog(name string) (*os.File, cursor, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, cursor{}, err
	}
	var st unix.Stat_t
	head := make([]byte, 64) // the time of the first event is in it
	n, err := file.ReadAt(head, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err == nil {
		err = unix.Fstat(int(file.Fd()), &st)
	}
	if err != nil {
		file.Close()
		return nil, cursor{}, err
	}
	return file, cursor{Inode: st.Ino, Head: string(head[:n])}, nil
}

func (f *Feed) run(ctx context.Context) error {
	watch, err := newWatch(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	defer watch.close()
	for ctx.Err() == nil {
		if err := f.drain(ctx); err != nil {
			return err
		}
		if err := watch.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drain delivers all whole lines there are, through a rotation.
func (f *Feed) drain(ctx context.Context) error {
	if f.old != nil {
		if err := f.lines(ctx, f.old, &f.was); err != nil {
			return err
		}
	}
	for {
		if f.file == nil {
			file, at, err := openLog(f.path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			f.file, f.at = file, at
		}
		// Asked before reading: what was written before the rotation is read now,
		// what a late writer adds to the old file the next time.
		rotated := f.rotated()
		err := f.lines(ctx, f.file, &f.at)
		if err == nil {
			err = f.save()
		}
		if err != nil || !rotated || ctx.Err() != nil {
			return err
		}
		if f.old != nil {
			f.old.Close()
		}
		f.old, f.was, f.file = f.file, f.at, nil
	}
}

func (f *Feed) rotated() bool {
	var st unix.Stat_t
	return unix.Stat(f.path, &st) == nil && st.Ino != f.at.Inode
}

func (f *Feed) lines(ctx context.Context, file *os.File, at *cursor) error {
	b := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := file.ReadAt(b, at.Offset)
		if n == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		end := bytes.LastIndexByte(b[:n], '\n')
		if end < 0 {
			return nil // a line is being written
		}
		for _, line := range bytes.SplitAfter(b[:end+1], []byte{'\n'}) {
			if len(line) == 0 {
				continue
			}
			if !f.one(ctx, line) {
				return f.save()
			}
			at.Offset += int64(len(line))
		}
		if err := f.save(); err != nil {
			return err
		}
	}
	return nil
}

// one delivers a line until it is taken. It tells whether the next may come.
func (f *Feed) one(ctx context.Context, line []byte) bool {
	var in event.Event
	if err := json.Unmarshal(line, &in); err != nil {
		return true
	}
	out := plugin.PluginEvent{Type: kind(in.Type), ID: in.ID, Time: in.Time, Data: in.Data}
	if !f.wanted(out.Type) {
		return true
	}
	for {
		limited, cancel := context.WithTimeout(ctx, f.entry.Deadline())
		err := f.deliver(limited, out)
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		f.warn("event %s for plugin %s: %v; again in %v", out.Type, f.entry.Name, err, retry)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retry):
		}
	}
}

// kind puts container in front of the types that gt-oci writes; those of gt-ckpt
// have other names in the log, as engines know them.
func kind(t string) plugin.PluginEventType {
	switch {
	case t == "checkpoint":
		return plugin.CheckpointEventCreated
	case t == "restore":
		return plugin.CheckpointEventRestored
	case strings.Contains(t, "."):
		return plugin.PluginEventType(t)
	}
	return plugin.PluginEventType("container." + t)
}

func (f *Feed) wanted(t plugin.PluginEventType) bool {
	// A plugin that fails on the news that it has failed would never end.
	if t == plugin.PluginEventFailed {
		return false
	}
	for _, want := range f.entry.Info.Events {
		if want.Matches(t) {
			return true
		}
	}
	return false
}
