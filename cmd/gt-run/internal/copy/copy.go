// Package copy moves files between the host and a container. The container may
// change its files meanwhile and is not trusted: its paths are resolved inside
// its root, and below that nothing is followed.
package copy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// A Place is a path in a root. Root is an O_PATH descriptor, which Close closes.
type Place struct {
	Root   int
	Path   string // absolute, with a slash at the end if only a directory is meant
	Inside bool   // a container's: its root is a border
	// Owners are the maps of a user namespace of the container's own: what comes
	// in from owners that it does not have is its root's.
	Owners  idmap.Maps
	content bool // what is in the directory, not the directory
}

// Host is a path of the caller's own.
func Host(name string) (*Place, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return at(fd, abs, name), err
}

// Inside is a path in the root of a container, which it takes over. No .. leads out
// of it, nor one that is the last word.
func Inside(root int, name string) *Place {
	p := at(root, filepath.Clean("/"+name), name)
	p.Inside = true
	return p
}

// at is a path that was written as name. As docker has it, what ends with /. is what
// is in the directory.
func at(root int, abs, name string) *Place {
	p := &Place{Root: root, Path: abs, content: name == "." || strings.HasSuffix(name, "/.")}
	if strings.HasSuffix(name, "/") && abs != "/" {
		p.Path += "/"
	}
	return p
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
// own name; else TO is the new name. What is in a directory goes into TO, which is
// made if it is not there.
func Copy(from, to *Place, follow bool) error {
	if len(to.Owners.UID) == 0 || os.Geteuid() != 0 {
		return tree(from, to, follow)
	}
	uid, haveUID := to.Owners.UID.ToHost(0)
	gid, haveGID := to.Owners.GID.ToHost(0)
	if !haveUID || !haveGID {
		return errors.New("the container's user namespace has no user and group 0, need them to own what is new")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: it ends with the goroutine
		err := sys.WriteAs(int(uid), int(gid))
		if err == nil {
			err = tree(from, to, follow)
		}
		done <- err
	}()
	return <-done
}

func tree(from, to *Place, follow bool) error {
	if from.content {
		return from.pour(to)
	}
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
	if base == "" {
		return ErrRoot
	}
	return to.job().node(src, base, at, name)
}

// ErrRoot is a copy of all.
var ErrRoot = fail.Usage("have the root itself, need a path below it (gt-run export has all)")

func (p *Place) job() *job { return &job{owned: p.Inside || os.Geteuid() == 0, owners: p.Owners} }

// pour copies what is in a directory.
func (p *Place) pour(to *Place) error {
	if p.Path == "/" {
		return ErrRoot
	}
	src, err := p.open(p.Path, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, name, err := to.target(".")
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	var st unix.Stat_t
	if err := unix.Fstat(src, &st); err != nil {
		return err
	}
	if err := to.job().dir(src, &st, dst, name); err != nil {
		return fmt.Errorf("copy %s: %w", p.Path, err)
	}
	return nil
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
