package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// clock is the image by which CRIU makes a time namespace, so that the
// monotonic clock goes on on another machine where it stood still.
const clock = "timens-0.img"

// keepClock hides it where the clock is the same one still: a container whose
// spec has no time namespace gets none, and can be entered as before. It works
// in the mount namespace of the restore, which ends with it.
func (v *revival) keepClock() error {
	m := v.from.manifest
	if m == nil || v.dedup || m.Host.Boot == "" || m.Host.Boot != image.ThisHost(0).Boot {
		return nil
	}
	at := v.from.images
	if strings.ContainsAny(at, ":,\\") {
		return fail.New(fail.CodeInput, "%s cannot be named to overlayfs", at)
	}
	hide, err := os.MkdirTemp("", "gt-ckpt-")
	if err != nil {
		return err
	}
	defer os.Remove(hide)
	if err := unix.Mount("none", hide, "tmpfs", 0, "mode=700"); err != nil {
		return err
	}
	defer unix.Unmount(hide, unix.MNT_DETACH) //nolint:errcheck // gone with the namespace at the latest
	white := filepath.Join(hide, clock)
	if err := unix.Mknod(white, unix.S_IFCHR, 0); err != nil {
		return &fail.Error{Op: "mknod " + white, Cause: err}
	}
	return unix.Mount("none", at, "overlay", unix.MS_RDONLY, "lowerdir="+hide+":"+at)
}
