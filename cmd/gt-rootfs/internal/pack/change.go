package pack

import (
	"errors"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	lib "github.com/gophertainer/gophertainer/lib/path"
)

const (
	mark   = ".wh."
	opaque = mark + mark + ".opq"
)

// A Change is a name that differs from the read-only layers.
type Change struct {
	Kind string `json:"kind"` // deleted, added or changed
	Path string `json:"path"`
}

// talk tells the files with which fuse-overlayfs says to itself, beside the
// attributes, that a directory is opaque.
func talk(base string, st *unix.Stat_t) bool {
	return (base == opaque || base == mark+".opq") && (whiteout(st) || st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size == 0)
}

func whiteout(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 }

// Deleted lists the whiteouts of an upper directory as the names that layers
// have for them.
func Deleted(upper int) ([]string, error) {
	var list []string
	err := walk(upper, "", func(e found) error {
		switch dir, base := path.Split(e.name); {
		case e.gone:
			list = append(list, dir+mark+base)
		case e.hides:
			list = append(list, path.Join(e.name, opaque))
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}

// Changes compares an upper directory with the root below it, the deletions
// first.
func Changes(upper, below int) ([]Change, error) {
	var gone, rest []Change
	err := walk(upper, "", func(e found) error {
		old, err := lib.Open(below, e.name, unix.O_PATH|unix.O_NOFOLLOW)
		there := err == nil
		if there {
			defer unix.Close(old)
		} else if err != unix.ENOENT && err != unix.ENOTDIR { //nolint:errorlint // the very errno
			return err
		}
		switch {
		case e.gone && there:
			gone = append(gone, Change{"deleted", "/" + e.name})
		case e.gone:
		case there:
			rest = append(rest, Change{"changed", "/" + e.name})
		default:
			rest = append(rest, Change{"added", "/" + e.name})
		}
		if e.hides && there {
			more, err := hidden(e.fd, old, e.name)
			gone = append(gone, more...)
			return err
		}
		return nil
	})
	order := func(a, b Change) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(gone, order)
	slices.SortFunc(rest, order)
	return append(gone, rest...), err
}

// hidden lists what an opaque directory hides and has no new version of.
func hidden(upper, below int, name string) ([]Change, error) {
	dir, err := unix.Openat(below, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == unix.ENOTDIR {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	names, err := sorted(dir)
	var list []Change
	for _, base := range names {
		full := path.Join(name, base)
		var st unix.Stat_t
		if unix.Fstatat(upper, base, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
			list = append(list, Change{"deleted", "/" + full})
			continue
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		more, err := hiddenBelow(upper, dir, full)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, err
}

// hiddenBelow goes on in a directory that both have: nothing in it is merged.
func hiddenBelow(upper, below int, full string) ([]Change, error) {
	base := path.Base(full)
	old, err := unix.Openat(below, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.ENOTDIR || err == unix.ELOOP {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(old)
	fd, err := unix.Openat(upper, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if hides, err := isOpaque(fd); hides || err != nil {
		return nil, err // it is listed by itself
	}
	return hidden(fd, old, full)
}

// found is something in an upper directory.
type found struct {
	name  string
	fd    int  // of a directory
	gone  bool // a whiteout
	hides bool // an opaque directory
}

func walk(fd int, name string, do func(found) error) error {
	names, err := sorted(fd)
	if err != nil {
		return err
	}
	for _, base := range names {
		full := path.Join(name, base)
		var st unix.Stat_t
		if err := unix.Fstatat(fd, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &os.PathError{Op: "stat", Path: full, Err: err}
		}
		if talk(base, &st) {
			continue
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			if err := do(found{name: full, fd: -1, gone: whiteout(&st)}); err != nil {
				return err
			}
			continue
		}
		if err := walkDir(fd, full, do); err != nil {
			return err
		}
	}
	return nil
}

func walkDir(parent int, full string, do func(found) error) error {
	fd, err := unix.Openat(parent, path.Base(full), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: full, Err: err}
	}
	defer unix.Close(fd)
	hides, err := isOpaque(fd)
	if err == nil {
		err = do(found{name: full, fd: fd, hides: hides})
	}
	if err != nil {
		return err
	}
	return walk(fd, full, do)
}

func isOpaque(fd int) (bool, error) {
	for _, name := range []string{"trusted.overlay.opaque", "user.overlay.opaque", "user.fuseoverlayfs.opaque"} {
		var value [4]byte
		n, err := unix.Fgetxattr(fd, name, value[:])
		if err == nil && n == 1 && value[0] == 'y' {
			return true, nil
		}
		if err != nil && !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ERANGE) {
			return false, &os.PathError{Op: "read attribute " + name, Path: "/proc/self/fd/" + strconv.Itoa(fd), Err: err}
		}
	}
	return false, nil
}

// Whiteout tells what overlayfs puts in the place of a name that is gone.
func Whiteout(st *unix.Stat_t) bool { return whiteout(st) }

// Opaque tells whether an upper directory hides all that lower ones have.
func Opaque(dir int) (bool, error) { return isOpaque(dir) }

// Names lists an open directory in order.
func Names(dir int) ([]string, error) { return sorted(dir) }

// Own tells an attribute with which overlayfs talks to itself.
func Own(name string) bool {
	_, own := overlays(name)
	return own
}
