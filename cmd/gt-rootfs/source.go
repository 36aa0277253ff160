package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// copy fills rootfs from a directory or an archive. It returns how many
// devices were left out.
func (w *wish) copy(ctx context.Context, rootfs string) (int, error) {
	src := os.Stdin
	dir := w.kind() == "dir"
	if w.source != "-" && !dir {
		// O_NONBLOCK: to wait for the writer of a fifo is the reader's part.
		f, err := os.OpenFile(w.source, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return 0, errors.Unwrap(err)
		}
		defer f.Close()
		src = f
	}
	// Modes are given exactly, in the call that makes the file.
	defer unix.Umask(unix.Umask(0))
	t, err := tree.Open(ctx, rootfs, w.tree)
	if err != nil {
		return 0, err
	}
	defer t.Close()
	if dir {
		err = fill.Dir(t, w.source)
	} else {
		err = fill.Tar(ctx, t, src)
	}
	return t.Skipped, w.advise(err)
}

// advise names the option that lifts a limit.
func (w *wish) advise(err error) error {
	var limit *tree.LimitError
	if !errors.As(err, &limit) {
		return err
	}
	return &fail.Error{Code: fail.CodeLimit, Cause: err, Hint: limit.Option + " changes that"}
}

func (w *wish) inPlace(stage *bundle.Stage, spec *specs.Spec) error {
	if stage.Has("config.json") {
		return fail.New(fail.CodeExists, "%s has a config.json, --bind writes its own", w.bundle)
	}
	abs, err := filepath.Abs(w.source)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	spec.Root.Path = abs
	return err
}

// tiny lets the gt-box beside this program install itself, never one that
// $PATH finds.
func tiny(ctx context.Context, rootfs string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	box := filepath.Join(filepath.Dir(self), "gt-box")
	cmd := exec.CommandContext(ctx, box, "install", rootfs)
	cmd.Env = []string{}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail.New(fail.CodeHost, "%s does not exist, need the gt-box of this installation", box)
	case err != nil && len(bytes.TrimSpace(out)) > 0:
		return fail.New(fail.CodeHost, "%s", strings.TrimSpace(string(out)))
	}
	return err
}
