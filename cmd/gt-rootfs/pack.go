package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/fail"
	in "github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// packing is the command line of pack and commit.
type packing struct {
	output, compress string
	path             string
	follow, plain    bool
}

func (p *packing) options(o *tool.Options) {
	p.output, p.compress = "-", "none"
	o.Enum(&p.compress, "compress", 0, compressions, "how the archive is compressed")
}

func packVerb(o *tool.Options) func(c *tool.Call) error {
	p := &packing{}
	p.options(o)
	o.String(&p.path, "path", 0, "PATH", "only what is there in the root, under its own name; PATH/. is what is in a directory")
	o.Bool(&p.follow, "follow-link", 0, "if it is a symlink, what that points to")
	o.Bool(&p.plain, "plain", 0, "DIR is a root and no bundle, whatever lies in it")
	return func(c *tool.Call) error {
		if p.follow && p.path == "" {
			return fail.Usage("--follow-link: have no --path, need one")
		}
		if len(c.Args) == 2 {
			p.output = c.Args[1]
		}
		ctx, stop := cancellable()
		defer stop()
		source := sourceRoot
		if p.plain {
			source = plainRoot
		}
		root, m, err := source(c.Args[0])
		if err != nil {
			return fmt.Errorf("%s: %w", c.Args[0], err)
		}
		defer unix.Close(root)
		return p.write(ctx, c, func(k *pack.Packer) error {
			k.Back = m.back()
			if p.path == "" {
				return k.Tree(root)
			}
			return p.part(k, root)
		})
	}
}

// part packs what --path names.
func (p *packing) part(k *pack.Packer, root int) error {
	dir, base := path.Split(path.Clean("/" + p.path))
	// Behind a slash only a directory is meant, also through a symlink.
	if p.follow || strings.HasSuffix(p.path, "/") || strings.HasSuffix(p.path, "/.") {
		fd, err := in.Open(root, p.path, unix.O_PATH)
		if err != nil {
			return fmt.Errorf("open %s: %w", p.path, err)
		}
		defer unix.Close(fd)
		if base == "" || strings.HasSuffix(p.path, "/.") {
			return k.Tree(fd)
		}
		name, err := nameIn(root, fd)
		if err != nil {
			return err
		}
		dir, base = path.Split("/" + name)
	}
	if base == "" {
		return k.Tree(root)
	}
	fd, err := in.Open(root, dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer unix.Close(fd)
	return k.Entry(fd, base)
}

// cancellable is a context that a signal ends.
func cancellable() (context.Context, func()) {
	return signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
}

// sourceRoot opens the root of a bundle, or a directory that is none. An open
// directory is none: what is in it may be somebody's who wants it to look like one.
func sourceRoot(name string) (int, *made, error) {
	if number, ok := strings.CutPrefix(name, "/dev/fd/"); ok {
		n, err := strconv.Atoi(number)
		if err != nil {
			return -1, nil, fail.Usage("have %s, need a number after /dev/fd/", name)
		}
		fd, err := unix.Openat(n, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return fd, &made{dir: name, Record: &bundle.Record{}}, err
	}
	if _, err := os.Lstat(filepath.Join(name, "config.json")); err == nil {
		m, err := find(name)
		if err != nil {
			return -1, nil, err
		}
		fd, err := m.root()
		return fd, m, err
	}
	return plainRoot(name)
}

// plainRoot opens a directory that is none.
func plainRoot(name string) (int, *made, error) {
	dir, err := filepath.EvalSymlinks(name)
	if err != nil {
		return -1, nil, err
	}
	fd, err := openDir(dir)
	return fd, &made{dir: dir, Record: &bundle.Record{}}, err
}

// nameIn is the name of an open file in a root, as the kernel knows it.
func nameIn(root, fd int) (string, error) {
	at, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(root))
	if err != nil {
		return "", err
	}
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return "", err
	}
	at = strings.TrimSuffix(at, "/")
	if name == at {
		return "", nil
	}
	rest, ok := strings.CutPrefix(name, at+"/")
	if !ok {
		return "", fail.New(fail.CodeBusy, "%s was moved out of the root", name)
	}
	return rest, nil
}

// write makes the archive.
func (p *packing) write(ctx context.Context, c *tool.Call, put func(*pack.Packer) error) error {
	out, err := begin(ctx, c, p.output, p.compress)
	if err != nil {
		return err
	}
	w := tar.NewWriter(out)
	k := pack.New(ctx, w)
	if err = put(k); err == nil {
		err = w.Close()
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	for _, name := range k.Skipped {
		c.Warnf("the socket %s was left out, which no archive can hold", tar.Show(name))
	}
	return out.end(err)
}
