// Package copy moves files between the host and a container. The container may
// change its files meanwhile and is not trusted: its paths are resolved inside
// its root, and below that nothing is followed.
package copy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// A Place is a path in a root. Root is an O_PATH descriptor, which Close closes.
type Place struct {
	Root   int
	Path   string
	Inside bool // a container's: its root is a border
}

// Host is a path of the caller's own.
func Host(name string) (*Place, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, "/") {
		abs += "/"
	}
	fd, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return &Place{Root: fd, Path: abs}, err
}

// Close gives the root up.
func (p *Place) Close() {
	_ = unix.Close(p.Root)
}

func (p *Place) open(name string, flags int) (int, error) {
	fd, err := path.Open(p.Root, name, flags|unix.O_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", filepath.Clean(name), err)
	}
	return fd, nil
}

// Copy copies a file or a tree. Into a directory that exists it goes under its
// own name; else TO is the new name.
func Copy(from, to *Place, follow bool) error {
	dir, base := filepath.Split(strings.TrimSuffix(from.Path, "/"))
	if follow {
		fd, err := from.open(from.Path, unix.O_PATH)
		if err != nil {
			return err
		}
		real, err := os.Readlink("/proc/self/fd/" + fmt.Sprint(fd))
		_ = unix.Close(fd)
		if err != nil {
			return err
		}
		root, err := os.Readlink("/proc/self/fd/" + fmt.Sprint(from.Root))
		if err != nil {
			return err
		}
		dir, base = filepath.Split(strings.TrimPrefix(real, strings.TrimSuffix(root, "/")))
	}
	src, err := from.open("/"+dir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	at, name, err := to.target(base)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	if base == "" || base == "." {
		return errors.New("have the root itself, need a path below it (gt-run export has all)")
	}
	return (&job{owned: to.Inside || os.Geteuid() == 0}).node(src, base, at, name)
}

// target opens the directory to write in and says under which name.
func (p *Place) target(base string) (int, string, error) {
	fd, err := path.Open(p.Root, p.Path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err == nil {
		return fd, base, nil
	}
	if strings.HasSuffix(p.Path, "/") || !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
		return -1, "", fmt.Errorf("open %s: %w", p.Path, err)
	}
	dir, name := filepath.Split(p.Path)
	fd, err = p.open("/"+dir, unix.O_PATH|unix.O_DIRECTORY)
	return fd, name, err
}
