package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// isStream tells a file or stdin from a name.
func isStream(name string) bool {
	return name == "-" || strings.Contains(name, "/") || strings.HasSuffix(name, ".zst") || strings.HasSuffix(name, ".tar") || strings.HasSuffix(name, ".age")
}

// output is where a stream goes: stdout, or a file that has its name once it is
// whole. The answer of done closes it, or takes it away.
func output(c *tool.Call, to string) (w io.Writer, done func(error) error, err error) {
	if to == "-" {
		if tty.Is(c.Stdout) {
			return nil, nil, fail.Usage("stdout is a terminal, need a pipe or a file")
		}
		return c.Stdout, func(err error) error { return err }, nil
	}
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".")
	if err != nil {
		return nil, nil, err
	}
	return f, func(err error) error {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err == nil {
			err = os.Rename(f.Name(), to)
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
		return err
	}, nil
}

// pack writes a checkpoint where TO says.
func pack(c *tool.Call, to string, write func(io.Writer) error) error {
	w, done, err := output(c, to)
	if err != nil {
		return err
	}
	return done(write(w))
}

// openStream takes a stream in whole and holds it against its manifest.
func (r *restoring) openStream(name string) (*source, error) {
	how, err := r.opening()
	if err != nil {
		return nil, err
	}
	in := r.call.Stdin
	if name != "-" {
		if in, err = os.Open(name); err != nil {
			return nil, err
		}
		defer in.Close()
	} else if tty.Is(in) {
		return nil, fail.Usage("stdin is a terminal, need a checkpoint there")
	}
	how.Unlisted = r.unlisted
	return wholeStream(in, how)
}

// wholeStream is one that is no migration's.
func wholeStream(in io.Reader, how *image.Opening) (*source, error) {
	s, err := receiveStream(in, how)
	if err == nil && s.manifest != nil && s.manifest.Later {
		s.close()
		return nil, fail.New(fail.CodeInput, "checkpoint is without its memory, need gt-ckpt receive --restore and the migration that sends it")
	}
	return s, err
}

func receiveStream(in io.Reader, how *image.Opening) (*source, error) {
	d, err := image.NewDraft(global.store, "stream", true)
	if err != nil {
		return nil, err
	}
	s := &source{dir: d.Dir, images: d.Images(), draft: d}
	if s.manifest, err = image.Unpack(in, d.Dir, how); err != nil {
		s.close()
		return nil, err
	}
	if s.manifest.Unlisted {
		s.about = s.manifest
		if s.manifest, err = besideImages(s.images); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func send(o *tool.Options) func(*tool.Call) error {
	w := &writing{}
	w.declare(o)
	return func(c *tool.Call) error {
		dir, err := image.Newest(global.store, c.Args[0])
		if err != nil {
			return err
		}
		m, err := image.Read(dir)
		if err != nil {
			return err
		}
		if err := image.Verify(dir, m); err != nil {
			return err
		}
		how, err := w.sealing()
		if err != nil {
			return err
		}
		to := "-"
		if len(c.Args) == 2 {
			to = c.Args[1]
		}
		return pack(c, to, func(w io.Writer) error { return image.Pack(w, dir, m, how) })
	}
}

func receive(o *tool.Options) func(*tool.Call) error {
	r := &restoring{}
	var name, listen string
	var live bool
	r.criuOptions.declare(o)
	r.reading.declare(o)
	o.Hidden("image-path", "parent-path", "lazy-pages", "auto-dedup")
	o.Bool(&live, "restore", 0, "take in what gt-ckpt migrate sends, and let it go on here")
	o.String(&listen, "listen", 0, "unix:PATH|tcp:ADDRESS:PORT", "wait there for one migration, instead of stdin and stdout")
	o.String(&r.Bundle, "bundle", 'b', "DIR", "the bundle whose config.json rules the container")
	o.String(&r.id, "id", 0, "ID", "another ID than the container had")
	o.String(&r.PidFile, "pid-file", 0, "FILE", "write the PID to FILE")
	declareChanges(o, &r.changes, "whether the changes of the root that come are put there: auto is into a root that has not got them")
	o.Bool(&r.anyCPU, "ignore-cpu", 0, "restore though this CPU lacks what the other had")
	o.String(&name, "name", 0, "NAME", "name in the store (the one it had, or with a number)")
	r.patience = patience
	o.Duration(&r.patience, "timeout", 't', "TIME", "what the source gets to let the container go once it stands ready here (5m)")
	return func(c *tool.Call) error {
		if r.images != "" || r.parent != "" || r.lazy || r.dedup {
			return fail.Usage("receive takes no directories of images, lazy pages or deduplication, need none of them")
		}
		if r.patience <= 0 {
			return fail.Usage("--timeout: have %s, need more than 0", r.patience)
		}
		if live {
			r.call, r.rt = c, runtime(c)
			return r.answer(listen)
		}
		if listen != "" || r.Bundle != "" || r.id != "" || r.changes != changesAuto {
			return fail.Usage("--listen, --bundle, --id and --changes are for a container, need --restore")
		}
		how, err := r.opening()
		if err != nil {
			return err
		}
		in := c.Stdin
		if len(c.Args) == 1 && c.Args[0] != "-" {
			if in, err = os.Open(c.Args[0]); err != nil {
				return err
			}
			defer in.Close()
		}
		return take(in, name, how)
	}
}

// take stores a stream. Its spec is not the operator's: a restore of it asks
// for a bundle.
func take(in io.Reader, name string, how *image.Opening) error {
	s, err := wholeStream(in, how)
	if err != nil {
		return err
	}
	defer s.close()
	free := name == ""
	if free {
		name = s.manifest.Name
	}
	s.manifest.Foreign = true
	if err := s.draft.Rename(global.store, name, free); err != nil {
		return err
	}
	s.manifest.Name = s.draft.Name()
	if err := image.Rewrite(s.dir, s.manifest); err != nil {
		return err
	}
	if err := s.draft.Keep(); err != nil {
		return err
	}
	s.draft = nil
	return nil
}
