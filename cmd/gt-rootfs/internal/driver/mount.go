package driver

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/quota"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
)

// Mount mounts the root of a bundle as its record says. What it is about to do
// it records first; on failure nothing stays mounted.
func Mount(dir string, r *bundle.Record) error {
	d, err := Find(r.Driver)
	if err != nil {
		return err
	}
	want := Standing(d, r)
	if len(want) == 0 {
		return nil
	}
	r.Mounts = want
	if stands, err := bundle.Mounted(dir, r); err != nil || stands {
		return err
	}
	if err := Unmount(dir, r); err != nil {
		return err
	}
	if r.Held {
		return fail.New(fail.CodeBusy, "what was unmounted is still written to, which its quota has to hold")
	}
	r.Mounts = want
	if err := bundle.WriteRecord(dir, r); err != nil {
		return err
	}
	if len(d.Standing(r)) > 0 {
		err = d.Mount(dir, r)
	}
	for _, v := range r.Volumes {
		if err == nil {
			err = showMapped(v.Source, filepath.Join(dir, v.Place), r.Map)
		}
	}
	if err != nil {
		return errors.Join(err, Unmount(dir, r))
	}
	return nil
}

// Standing is all mount points of a record, relative to the bundle.
func Standing(d Driver, r *bundle.Record) []string {
	list := d.Standing(r)
	for _, v := range r.Volumes {
		list = append(list, v.Place)
	}
	return list
}

// Unmount undoes the mounts of a record, as far as there are any, and forgets
// them. Only the places that drivers use are ever touched, whatever a record
// says. What a container still uses goes when that ends; what it wrote stays,
// but for a tmpfs; and its quota stays with what still writes.
func Unmount(dir string, r *bundle.Record) error {
	last := farewell(-1)
	if r.Quota > 0 {
		var err error
		if last, err = watch(filepath.Join(dir, rootfs)); err != nil {
			return err
		}
		defer last.close()
	}
	for _, name := range []string{rootfs, upper, lower} {
		if err := host.Detach(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	for i := range r.Volumes {
		if err := host.Detach(filepath.Join(dir, volumes, filepath.Base(r.Volumes[i].Place))); err != nil {
			return err
		}
	}
	if r.Quota > 0 {
		if err := lift(dir, r, last); err != nil {
			return err
		}
	}
	for _, name := range []string{upper, lower} {
		err := unix.Rmdir(filepath.Join(dir, name))
		if err != nil && err != unix.ENOENT && err != unix.ENOTEMPTY && err != unix.EEXIST && err != unix.ENOTDIR {
			return &os.PathError{Op: "remove", Path: filepath.Join(dir, name), Err: err}
		}
	}
	r.Mounts = []string{}
	return bundle.WriteRecord(dir, r)
}

func lift(dir string, r *bundle.Record, last farewell) (err error) {
	if r.Held, err = kept(dir, last); err != nil || r.Held {
		return err
	}
	return quota.Lift(filepath.Join(dir, upper))
}
