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

// adjust returns the images as this restore needs them: with what is changed of
// them laid over. at is a tmpfs.
func (v *revival) adjust(at, images string) (string, error) {
	layer := filepath.Join(at, "changed")
	if err := os.Mkdir(layer, 0o700); err != nil {
		return "", err
	}
	clocked, err := v.setClock(layer, images)
	if err != nil {
		return "", err
	}
	filtered, err := v.setFilter(layer, images)
	if err != nil || !clocked && !filtered {
		return images, err
	}
	if v.dedup {
		return "", fail.New(fail.CodeStatus, "images need changes for this spec or host, need no --auto-dedup, which writes to them")
	}
	if err := v.cede(layer); err != nil {
		return "", err
	}
	rounds := 0
	if m := v.from.manifest; m != nil {
		rounds = m.Rounds
	}
	return overlay(at, layer, images, rounds)
}

// setClock lays that image out on another machine or after another boot, else a
// whiteout of it.
func (v *revival) setClock(layer, images string) (bool, error) {
	m := v.from.manifest
	if m == nil || v.dedup || m.Host.Boot == "" {
		return false, nil
	}
	same := m.Host.Boot == image.ThisHost(0).Boot
	if _, err := os.Lstat(filepath.Join(images, clock)); (err == nil) != same {
		return false, nil
	}
	if same {
		if err := unix.Mknod(filepath.Join(layer, clock), unix.S_IFCHR, 0); err != nil {
			return false, &fail.Error{Op: "mknod " + layer, Cause: err}
		}
		return true, nil
	}
	text, err := os.ReadFile(filepath.Join(images, aside))
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(filepath.Join(layer, clock), text, 0o600)
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
