package main

import (
	"os"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// mountpoints makes what the spec's mounts need in a root that is not the one
// of the dump, such as Podman's after an import: a birth makes them, CRIU wants
// them there. What lies in another mount comes with that.
func mountpoints(root string, mounts []specs.Mount) error {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fail.Error{Member: "/root/path", Op: "open " + root, Cause: err}
	}
	defer unix.Close(dir)
	for i := range mounts {
		if below(mounts, mounts[i].Destination) {
			continue
		}
		if err := mountpoint(dir, &mounts[i]); err != nil {
			return &fail.Error{Op: "make mount point " + mounts[i].Destination, Cause: err}
		}
	}
	return nil
}

func below(mounts []specs.Mount, point string) bool {
	for i := range mounts {
		over := filepath.Clean(mounts[i].Destination)
		if over != "/" && strings.HasPrefix(filepath.Clean(point), over+"/") {
			return true
		}
	}
	return false
}

func mountpoint(root int, m *specs.Mount) error {
	var fd int
	var err error
	if info, serr := os.Stat(m.Source); filepath.IsAbs(m.Source) && serr == nil && !info.IsDir() {
		fd, err = path.File(root, m.Destination, 0o755)
	} else {
		fd, err = path.MkdirAll(root, m.Destination, 0o755)
	}
	if err == nil {
		_ = unix.Close(fd)
	}
	return err
}

// turntable makes the directory where CRIU puts the old root while it enters
// the new one: /tmp, or one of its own, which it cannot make in a root that the
// spec has read-only. What was made is to be taken away after.
func turntable(root string) (away func(), err error) {
	at := filepath.Join(root, "tmp")
	switch err := unix.Mkdir(at, 0o700); err {
	case nil:
		return func() { _ = unix.Rmdir(at) }, nil // in use by then, if not empty
	case unix.EEXIST, unix.EROFS:
		return func() {}, nil // CRIU says what it lacks
	default:
		return nil, &fail.Error{Member: "/root/path", Op: "make " + at, Cause: err}
	}
}
