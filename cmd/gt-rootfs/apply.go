package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/archive"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// applying is the command line of apply.
type applying struct {
	deleted string
	over    bool
	into    string
	tree    tree.Options
}

// apply puts what commit wrote into a root that stands.
func apply(o *tool.Options) func(c *tool.Call) error {
	a := &applying{tree: tree.Options{Form: tree.Flat, MaxBytes: 64 << 30, MaxEntries: 10_000_000}}
	o.String(&a.deleted, "deleted", 0, "FILE", "a JSON list of what was deleted")
	o.Bool(&a.over, "over", 0, "also into a root that was written to")
	o.String(&a.into, "into", 0, "DIR", "put an archive of files, not a layer, into this directory of the root")
	o.Bool(&a.tree.Mine, "mine", 0, "let everything belong to the caller")
	o.Bool(&a.tree.NoDevices, "no-devices", 0, "leave device nodes out")
	o.Func(setSize(&a.tree.MaxBytes), "max-size", 0, "SIZE", "bytes of file content at most, 0 without bound (64g)")
	o.Int64(&a.tree.MaxEntries, "max-entries", 0, "N", "files at most, 0 without bound")
	return func(c *tool.Call) error {
		if a.into != "" && a.deleted != "" {
			return fail.Usage("--into and --deleted are both there, need one: files delete nothing")
		}
		ctx, stop := cancellable()
		defer stop()
		err := a.run(ctx, c)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return advise(err)
	}
}

func (a *applying) run(ctx context.Context, c *tool.Call) error {
	in := c.Stdin
	if len(c.Args) == 2 && c.Args[1] != "-" {
		f, err := os.Open(c.Args[1])
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	gone, err := a.gone()
	if err != nil {
		return err
	}
	root, m, err := sourceRoot(c.Args[0])
	if err != nil {
		return err
	}
	if err := a.allowed(m); err != nil {
		_ = unix.Close(root)
		return err
	}
	if err := a.below(root); err != nil {
		_ = unix.Close(root)
		return err
	}
	defer unix.Umask(unix.Umask(0))
	t, err := tree.Over(ctx, root, a.tree)
	if err != nil {
		return err
	}
	defer t.Close()
	for _, name := range gone {
		if err := t.Remove(name); err != nil {
			return fmt.Errorf("delete %q: %w", name, err)
		}
	}
	if err := put(ctx, t, in); err != nil {
		return err
	}
	if t.Skipped > 0 {
		c.Warnf("%d device nodes were left out", t.Skipped)
	}
	if err := t.Finish(); err != nil {
		return err
	}
	rounded(c, t.Rounded.Load())
	return nil
}

// below finds the directory of --into. Every name is a name then, and a container
// that runs in the root meanwhile keeps its directories.
func (a *applying) below(root int) error {
	if a.into == "" {
		return nil
	}
	a.tree.Form, a.tree.Kept = tree.Literal, true
	fd, err := path.Open(root, a.into, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("open %s: %w", a.into, err)
	}
	defer unix.Close(fd)
	a.tree.Below, err = nameIn(root, fd)
	return err
}

func put(ctx context.Context, t *tree.Tree, in io.Reader) error {
	s, err := archive.Summed(ctx, in, nil, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	return fill.Layer(t, s)
}

// mostDeleted bounds the list of deletions, in bytes.
const mostDeleted = 64 << 20

// gone reads the deletions, all of them before any is done.
func (a *applying) gone() ([]string, error) {
	if a.deleted == "" {
		return nil, nil
	}
	f, err := os.Open(a.deleted)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostDeleted+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostDeleted {
		return nil, fail.New(fail.CodeLimit, "%s has more than %d bytes", a.deleted, mostDeleted)
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fail.New(fail.CodeInput, "%s: need a JSON list of paths: %w", a.deleted, err)
	}
	for _, name := range list {
		if err := tree.CheckName(name); err != nil {
			return nil, fmt.Errorf("delete %q: %w", name, err)
		}
	}
	return list, nil
}

// allowed refuses a root that its container has written to, as far as that is
// known. Mount points that a runtime has made do not count.
func (a *applying) allowed(m *made) error {
	if m.Map != nil {
		return fail.New(fail.CodeStatus, "the root's owners are moved by a map, need a root without")
	}
	if a.over || a.into != "" {
		return nil
	}
	list, err := m.changes()
	var unknown *fail.Error
	if errors.As(err, &unknown) && unknown.Code == fail.CodeStatus {
		return nil // there is no original to compare with
	}
	if err != nil {
		return err
	}
	root, err := m.root()
	if err != nil {
		return err
	}
	defer unix.Close(root)
	for _, change := range list {
		if change.Kind == "deleted" || !mountPoint(root, change) {
			return fail.New(fail.CodeStatus, "the root was written to (%s is %s), need a fresh one or --over", change.Path, change.Kind)
		}
	}
	return nil
}

// mountPoint: a directory, or an empty file that was not there.
func mountPoint(root int, c pack.Change) bool {
	fd, err := path.Open(root, c.Path, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return false
	}
	kind := st.Mode & unix.S_IFMT
	return kind == unix.S_IFDIR || kind == unix.S_IFREG && st.Size == 0 && c.Kind == "added"
}
