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

	"github.com/gophertainer/gophertainer/lib/fail"
)

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
