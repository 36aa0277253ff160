package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// lazyServer starts CRIU's server of lazy pages, unless an engine has started
// one: its socket is in the work directory then. It brings the memory of the
// images when it is touched, the rest meanwhile, and ends when all is there; a
// restore that fails ends it.
func (v *revival) lazyServer() (end func(), err error) {
	none := func() {}
	if !v.lazy {
		return none, nil
	}
	if v.from.draft != nil {
		return nil, fail.Usage("--lazy-pages: a stream is gone after the restore, need images that stay: a checkpoint of the store or --image-path")
	}
	if _, err := os.Lstat(filepath.Join(v.work, "lazy-pages.socket")); err == nil {
		return none, nil
	}
	images, err := filepath.Abs(v.from.images)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command(v.path, "lazy-pages", "--images-dir", images, "--work-dir", v.work, "--log-file", "lazy-pages.log", "--status-fd", "3")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeHost, Op: "start " + v.path, Cause: err}
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		werr := cmd.Wait()
		return nil, fail.New(fail.CodeHost, "criu lazy-pages does not start: %w", errors.Join(werr, err))
	}
	return func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	}, nil
}
