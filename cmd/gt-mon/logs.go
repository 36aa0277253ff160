package main

import (
	"bytes"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/logs"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// reading is one call of logs.
type reading struct {
	c            *tool.Call
	data, driver string
	follow       bool
	stamps       bool
	tail         int
	since, until time.Time
	stream       string
	rest         []byte
}

func showLogs(o *tool.Options) func(*tool.Call) error {
	r := &reading{tail: -1, stream: "all"}
	o.Bool(&r.follow, "follow", 'f', "go on until the container has ended")
	o.Bool(&r.stamps, "timestamps", 0, "begin each line with its time")
	o.Int(&r.tail, "tail", 'n', "N", "the last N lines only")
	o.Func(moment(&r.since), "since", 0, "TIME", "from a moment on: RFC 3339, seconds since 1970, or 10m for ten minutes ago")
	o.Func(moment(&r.until), "until", 0, "TIME", "up to a moment")
	o.Enum(&r.stream, "stream", 0, []string{"all", "stdout", "stderr"}, "what to show")
	data := ""
	o.String(&data, "data", 0, "DIR", "the monitor's directory, where the container is gone")
	return func(c *tool.Call) error {
		r.c = c
		r.data = data
		if data == "" && len(c.Args) == 0 {
			return fail.Usage("have neither ID nor --data, need one of them")
		}
		if data == "" {
			var err error
			if r.data, err = dataOf(c, c.Args[0]); err != nil {
				return err
			}
		}
		s, err := settings.Read(r.data)
		if err != nil {
			return err
		}
		r.driver = s.Log.Driver
		if r.driver == "none" || r.driver == "journald" {
			return fail.New(fail.CodeStatus, "log driver is %s, need json, plain or cri (journalctl CONTAINER_ID=%s has a journal's)", r.driver, s.ID)
		}
		if r.driver == "plain" && (r.stamps || !r.since.IsZero() || !r.until.IsZero() || r.stream != "all") {
			return fail.New(fail.CodeStatus, "log driver is plain, which keeps no times and streams, need json or cri")
		}
		return r.show()
	}
}

// moment reads RFC 3339, seconds since 1970, or a span before now.
func moment(t *time.Time) func(string) error {
	return func(text string) error {
		if span, err := time.ParseDuration(text); err == nil {
			*t = time.Now().Add(-span)
			return nil
		}
		if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < 1<<40 {
			whole, rest := math.Modf(seconds)
			*t = time.Unix(int64(whole), int64(rest*1e9))
			return nil
		}
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return fail.Usage("have %q, need RFC 3339 as 2026-01-02T15:04:05Z, seconds since 1970, or a span as 10m", text)
		}
		*t = at
		return nil
	}
}

func (r *reading) show() error {
	// Watched before it is read, so that nothing falls between.
	watch, err := r.inotify()
	if err != nil {
		return err
	}
	defer unix.Close(watch)
	var all []logs.Entry
	names := logs.Names(r.data)
	var current *os.File
	for i, name := range names {
		f, err := os.Open(name)
		if err != nil {
			if os.IsNotExist(err) {
				continue
			}
			return err
		}
		list, err := r.take(f)
		if err != nil {
			return err
		}
		all = append(all, list...)
		if i == len(names)-1 {
			current = f
		} else if err := f.Close(); err != nil {
			return err
		}
	}
	if r.tail >= 0 && len(all) > r.tail {
		all = all[len(all)-r.tail:]
	}
	if err := r.print(all); err != nil || !r.follow {
		return err
	}
	return r.following(watch, current)
}

func (r *reading) inotify() (int, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	if _, err := unix.InotifyAddWatch(fd, r.data, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_DELETE|unix.IN_DELETE_SELF|unix.IN_ONLYDIR); err != nil {
		_ = unix.Close(fd)
		return -1, &fail.Error{Op: "watch " + r.data, Cause: err}
	}
	return fd, nil
}

// take reads what a file has from its position on.
func (r *reading) take(f *os.File) ([]logs.Entry, error) {
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	r.rest = append(r.rest, text...)
	list, used := logs.Parse(r.driver, r.rest)
	r.rest = append([]byte(nil), r.rest[used:]...)
	return list, nil
}

// following prints what comes, over rotations, until the monitor has said goodbye.
func (r *reading) following(watch int, f *os.File) error {
	buf := make([]byte, 8192)
	for {
		gone := r.over()
		if f != nil {
			list, err := r.take(f)
			if err == nil {
				err = r.print(list)
			}
			if err != nil {
				return err
			}
		}
		next, err := r.newer(f)
		if err != nil {
			return err
		}
		if next != nil {
			f = next
			continue
		}
		if gone {
			return nil
		}
		if _, err := unix.Read(watch, buf); err != nil && err != unix.EINTR {
			return err
		}
	}
}

// over tells whether no monitor writes any more.
func (r *reading) over() bool {
	_, err := os.Lstat(r.data + "/ctl")
	return err != nil
}

// newer opens the current file if it is another one than f.
func (r *reading) newer(f *os.File) (*os.File, error) {
	next, err := os.Open(r.data + "/" + logs.File)
	if err != nil {
		return nil, nil //nolint:nilerr // the log is gone with its container
	}
	if f == nil {
		return next, nil
	}
	mine, err := f.Stat()
	if err != nil {
		return nil, err
	}
	its, err := next.Stat()
	if err != nil {
		return nil, err
	}
	if at, err := f.Seek(0, io.SeekCurrent); err == nil && os.SameFile(mine, its) && its.Size() < at {
		// Cut to nothing: a log that keeps no older files.
		_, err := f.Seek(0, io.SeekStart)
		return nil, err
	}
	if os.SameFile(mine, its) {
		return nil, next.Close()
	}
	return next, f.Close()
}

func (r *reading) print(list []logs.Entry) error {
	var out, errs bytes.Buffer
	for _, e := range list {
		if !r.since.IsZero() && e.At.Before(r.since) || !r.until.IsZero() && e.At.After(r.until) {
			continue
		}
		if r.stream != "all" && e.Stream != r.stream {
			continue
		}
		to := &out
		if e.Stream != logs.Stdout {
			to = &errs
		}
		if r.stamps {
			to.WriteString(e.At.UTC().Format(time.RFC3339Nano) + " ")
		}
		if e.Stream == logs.Monitor {
			to.WriteString("gt-mon: " + strings.TrimSuffix(e.Text, "\n") + "\n")
			continue
		}
		to.WriteString(e.Text)
	}
	if out.Len() > 0 {
		if err := r.c.Print(out.Bytes()); err != nil {
			return err
		}
	}
	_, err := r.c.Stderr.Write(errs.Bytes())
	return err
}
