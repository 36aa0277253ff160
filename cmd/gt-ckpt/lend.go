package main

import (
	"io/fs"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/mount"
)

// lend lets the root of a container with a user namespace read the images, which
// are the host's root's alone: part of CRIU is in that namespace. First it is
// the host's root without any right over others' files, then the container's. So
// the owner stays, and the group is shown as the container's. Where the
// filesystem cannot do that the images are left as they are.
func (v *revival) lend(at, images string) (string, error) {
	l := v.r.Spec.Linux
	if len(l.UIDMappings) == 0 || v.dedup {
		return images, nil // auto-dedup writes to them
	}
	images, err := filepath.Abs(images)
	if err != nil {
		return "", err
	}
	dirs := []string{images}
	if m := v.from.manifest; m != nil && m.Rounds > 0 {
		dirs = append(dirs, filepath.Dir(images))
	}
	if err := readable(dirs); err != nil {
		return "", err
	}
	same := []specs.LinuxIDMapping{{Size: 1<<32 - 1}}
	user, err := birth.UserNamespace(same, l.GIDMappings)
	if err != nil {
		return "", &fail.Error{Member: "/linux/gidMappings", Op: "make the id map", Cause: err}
	}
	defer unix.Close(user)
	tree, err := mount.MapTree(filepath.Dir(images), mount.Options{}, user)
	if err != nil {
		v.call.Debugf("show the images to the container's root: %v", err)
		return images, nil
	}
	defer unix.Close(tree)
	dir := filepath.Join(at, "lent")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if err := unix.MoveMount(tree, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return "", &fail.Error{Op: "mount " + dir, Cause: err}
	}
	return filepath.Join(dir, filepath.Base(images)), nil
}

// readable gives the host's group root what its owner may do but write.
func readable(dirs []string) error {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir():
				return os.Chmod(path, 0o750)
			case d.Type().IsRegular():
				return os.Chmod(path, 0o640)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cede does so with what is laid over the images.
func (v *revival) cede(dirs ...string) error {
	gid, mapped := idmap.Map(v.r.Spec.Linux.GIDMappings).ToHost(0)
	if !mapped {
		return nil
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, -1, int(gid))
		})
		if err != nil {
			return err
		}
	}
	return readable(dirs)
}
