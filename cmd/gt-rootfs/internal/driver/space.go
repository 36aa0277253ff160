package driver

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/quota"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// spaceName is a file with the file system of a writable layer that is limited.
const spaceName = "upper.img"

// limit prepares a writable layer of the record's size: by a project quota
// where the file system has them, else by a file system of that size.
func limit(j *Job) error {
	project, err := uint32(0), quota.ErrNone
	if j.Record.Driver != fuseProgram { // writes with rights that are beyond a quota
		project, err = quota.Make(j.Stage.Path(upper), j.Record.Size)
	}
	if err == nil {
		j.Record.Quota = project
		return nil
	}
	if !errors.Is(err, quota.ErrNone) {
		return err
	}
	if err := (image{}).Probe(j.Stage.Dir); err != nil {
		return fail.New(fail.CodeHost, "--size: no project quota; no loop: %w (--driver tmpfs limits too)", err)
	}
	return format(context.Background(), j.Stage.Path(spaceName), j.Record.Size)
}

func mountSpace(dir string) error {
	fd, err := Disk(dir, &bundle.Disk{Path: spaceName, Type: "ext4", Writable: true})
	if err != nil {
		return err
	}
	return attach(fd, filepath.Join(dir, upper))
}
