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
// monotonic clock goes on on another machine where it stood still. It is kept
// aside: a container whose spec has no time namespace gets none where the clock
// is the same one still, and can be entered as before.
const (
	clock = "timens-0.img"
	aside = "clock-0.img"
)

// layClock puts it aside, once CRIU has written it.
func layClock(images string) error {
	err := os.Rename(filepath.Join(images, clock), filepath.Join(images, aside))
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// setClock returns the images as this restore needs them: with that one on
// another machine or after another boot, else without. at is a tmpfs.
func (v *revival) setClock(at, images string) (string, error) {
	m := v.from.manifest
	if m == nil || v.dedup || m.Host.Boot == "" {
		return images, nil
	}
	layer := filepath.Join(at, "clock")
	same := m.Host.Boot == image.ThisHost(0).Boot
	if _, err := os.Lstat(filepath.Join(images, clock)); (err == nil) != same {
		return images, nil
	}
	if err := os.Mkdir(layer, 0o700); err != nil {
		return "", err
	}
	if same {
		if err := unix.Mknod(filepath.Join(layer, clock), unix.S_IFCHR, 0); err != nil {
			return "", &fail.Error{Op: "mknod " + layer, Cause: err}
		}
	} else {
		text, err := os.ReadFile(filepath.Join(images, aside))
		if os.IsNotExist(err) {
			return images, nil
		}
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(layer, clock), text, 0o600); err != nil {
			return "", err
		}
	}
	if err := v.cede(layer); err != nil {
		return "", err
	}
	return overlay(at, layer, images, m.Rounds)
}

func overlay(at, layer, images string, rounds int) (string, error) {
	if strings.ContainsAny(images, ":,\\") {
		return "", fail.New(fail.CodeInput, "%s cannot be named to overlayfs", images)
	}
	// CRIU goes from the images to the rounds before by ../round-N.
	for n := 1; n <= rounds; n++ {
		dir, round := filepath.Join(at, image.Round(n)), filepath.Join(filepath.Dir(images), image.Round(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return "", err
		}
		if err := unix.Mount(round, dir, "", unix.MS_BIND, ""); err != nil {
			return "", &fail.Error{Op: "bind " + round, Cause: err}
		}
	}
	dir := filepath.Join(at, "images")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if err := unix.Mount("none", dir, "overlay", unix.MS_RDONLY, "lowerdir="+layer+":"+images); err != nil {
		return "", &fail.Error{Op: "mount " + dir, Cause: err}
	}
	return dir, nil
}
