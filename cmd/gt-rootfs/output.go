package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// compressions are the words of --compress.
var compressions = []string{"none", "gzip", "zstd"}

// An output is an archive that appears as a whole or not at all, unless it is
// stdout.
type output struct {
	io.Writer
	layers []io.Closer // to be ended, the outermost first
	file   *os.File
	name   string
}

// begin opens an output; "-" is stdout, which must not be a terminal.
func begin(c *tool.Call, name, compress string) (*output, error) {
	o := &output{name: name}
	dst := io.Writer(c.Stdout)
	if name == "-" {
		if info, err := os.Stdout.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return nil, fail.Usage("stdout is a terminal, need a file or a pipe")
		}
	} else {
		f, err := os.CreateTemp(filepath.Dir(name), ".gt-pack-*")
		if err != nil {
			return nil, err
		}
		o.file = f
		dst = f
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
	if err == nil {
		err = o.file.Chmod(0o644)
	}
	if err == nil {
		err = os.Rename(o.file.Name(), o.name)
	}
	if err != nil {
		return errors.Join(err, o.drop())
	}
	return o.file.Close()
}

func (o *output) drop() error {
	if o.file == nil {
		return nil
	}
	return errors.Join(os.Remove(o.file.Name()), o.file.Close())
}
