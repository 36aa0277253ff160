package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// setFilter lays out an image of the filters in which every process that has any
// has that of the spec, whatever the checkpoint says. One that has none is refused
// when it is back.
func (v *revival) setFilter(layer, images string) (bool, error) {
	if v.r.Spec.Linux.Seccomp == nil {
		return false, nil
	}
	img, err := os.ReadFile(filepath.Join(images, image.SeccompName))
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p, err := seccomp.Filter(v.r.Spec.Linux.Seccomp, seccomp.Options{
		CacheDir: filepath.Join(v.call.Root, ".seccomp"), Stamp: plan.Stamp,
	})
	if err != nil {
		return false, err
	}
	// Nobody would hear a new listener.
	const alone = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	more, err := image.SetFilter(img, image.Filter{Program: p.Filter, Flags: p.Flags &^ alone})
	if err != nil || more == nil {
		return false, err
	}
	return true, os.WriteFile(filepath.Join(layer, image.SeccompName), more, 0o600)
}
