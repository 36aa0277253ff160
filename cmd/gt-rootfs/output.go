package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// compressions are the words of --compress.
var compressions = []string{"none", "gzip", "zstd"}

// An output is an archive that appears as a whole or not at all, unless it goes
// to stdout, a device or a fifo.
type output struct {
	io.Writer
	layers []io.Closer // to be ended, the outermost first
	file   *os.File    // becomes name
	lock   int         // the same file, until it has its name
	name   string
}

// begin opens an output; "-" is stdout, which must not be a terminal.
func begin(ctx context.Context, c *tool.Call, name, compress string) (*output, error) {
	o := &output{name: name}
	dst := io.Writer(c.Stdout)
	if name == "-" {
		if info, err := os.Stdout.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, fail.Usage("stdout is a terminal, need a file or a pipe")
		}
	} else if err := o.open(ctx); err != nil {
		return nil, err
	} else {
		dst = o.file
	}
	buf := bufio.NewWriterSize(dst, 256<<10)
	z, err := packed(buf, compress)
	if err != nil {
		return nil, errors.Join(err, o.drop())
	}
	o.Writer = z
	o.layers = []io.Closer{z, flush{buf}}
	return o, nil
}

// open makes the file that will have the name. What is there and no file is
// written to and stays what it is.
func (o *output) open(ctx context.Context) error {
	info, err := os.Stat(o.name)
	switch {
	case err == nil && info.IsDir():
		return fail.New(fail.CodeExists, "%s is a directory, need a file", o.name)
	case err == nil && !info.Mode().IsRegular():
		return o.special(ctx)
	case err == nil: // where a symlink points to
		o.name, err = filepath.EvalSymlinks(o.name)
	case errors.Is(err, os.ErrNotExist):
		err = nil
	}
	for err == nil && o.file == nil {
		err = o.begin()
	}
	return err
}

// begin makes the file and locks it, so that gc leaves it; one that gc had before
// that is none.
func (o *output) begin() error {
	f, err := os.CreateTemp(filepath.Dir(o.name), bundle.Packing+"*")
	if err != nil {
		return err
	}
	o.lock, err = unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()), f.Close())
	}
	// A file system without locks has to do without.
	var st unix.Stat_t
	if unix.Flock(o.lock, unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK && unix.Fstat(o.lock, &st) == nil && st.Nlink > 0 {
		o.file = f
		return nil
	}
	return errors.Join(unix.Close(o.lock), f.Close())
}

// special opens a device or a fifo, whose reader may never come.
func (o *output) special(ctx context.Context) error {
	name, done := o.name, make(chan error, 1)
	o.name = ""
	var f *os.File
	go func() {
		var err error
		f, err = os.OpenFile(name, os.O_WRONLY, 0)
		done <- err
	}()
	select {
	case err := <-done:
		o.file = f
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// packed compresses so that the same input gives the same bytes.
func packed(w io.Writer, compress string) (io.WriteCloser, error) {
	switch compress {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.DefaultCompression)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20))
	}
	return plainWriter{w}, nil
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

type flush struct{ *bufio.Writer }

func (f flush) Close() error { return f.Flush() }

// end completes the output, or removes it after a failure.
func (o *output) end(err error) error {
	for _, l := range o.layers {
		if err == nil {
			err = l.Close()
		}
	}
	if o.file == nil {
		return err
	}
	if o.name == "" {
		return errors.Join(err, o.file.Close())
	}
	if err == nil {
		err = o.file.Chmod(0o644)
	}
	if err != nil {
		return errors.Join(err, o.drop())
	}
	defer unix.Close(o.lock)
	if err = o.file.Close(); err == nil {
		err = os.Rename(o.file.Name(), o.name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(o.file.Name()))
	}
	return nil
}

func (o *output) drop() error {
	switch {
	case o.file == nil:
		return nil
	case o.name == "":
		return o.file.Close()
	}
	return errors.Join(os.Remove(o.file.Name()), o.file.Close(), unix.Close(o.lock))
}
