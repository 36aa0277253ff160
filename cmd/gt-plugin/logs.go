package main

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func logs(o *tool.Options) func(*tool.Call) error {
	var follow bool
	tail := -1
	o.Bool(&follow, "follow", 0, "wait for more, until the plugin is unloaded")
	o.Int(&tail, "tail", 'n', "N", "the last N lines only")
	return func(c *tool.Call) error {
		e, err := store.Open(c.Root).Get(c.Args[0])
		if err != nil {
			return err
		}
		// Watched before it is read, so that nothing falls in between.
		watch, err := unix.InotifyInit1(unix.IN_CLOEXEC)
		if err != nil {
			return err
		}
		defer unix.Close(watch)
		if _, err := unix.InotifyAddWatch(watch, e.Dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVE|unix.IN_DELETE_SELF); err != nil {
			return &fail.Error{Op: "watch " + e.Dir, Cause: err}
		}
		old, err := read(e.File("log.1"), 0)
		if err != nil {
			return err
		}
		now, err := read(e.File("log"), 0)
		if err != nil {
			return err
		}
		if err := c.Print(last(append(old, now...), tail)); err != nil || !follow {
			return err
		}
		return more(c, e, watch, int64(len(now)))
	}
}

// more prints what is added, through rotations, until the entry is gone.
func more(c *tool.Call, e *store.Entry, watch int, at int64) error {
	b := make([]byte, 4096)
	for {
		if _, err := unix.Read(watch, b); err != nil && err != unix.EINTR {
			return err
		}
		info, err := os.Stat(e.File("log"))
		if err == nil && info.Size() < at { // rotated: the rest of the old one first
			rest, err := read(e.File("log.1"), at)
			if err != nil {
				return err
			}
			if err := c.Print(rest); err != nil {
				return err
			}
			at = 0
		}
		added, err := read(e.File("log"), at)
		if err != nil {
			return err
		}
		if err := c.Print(added); err != nil {
			return err
		}
		at += int64(len(added))
		if _, err := os.Stat(e.File("record.json")); err != nil {
			return nil
		}
	}
}

func read(name string, from int64) ([]byte, error) {
	f, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, from, 1<<62))
}

// last returns the last n lines, all if n is negative.
func last(b []byte, n int) []byte {
	if n < 0 {
		return b
	}
	end := len(bytes.TrimSuffix(b, []byte{'\n'}))
	for at := end; n > 0; n-- {
		if at = bytes.LastIndexByte(b[:at], '\n'); at < 0 {
			return b
		}
		end = at + 1
	}
	return b[end:]
}
