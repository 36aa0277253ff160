package driver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Where things are in a bundle.
const (
	rootfs = "rootfs"
	upper  = bundle.Upper // what the container writes: upper and work below it
	lower  = ".lower"     // a disk

	volumes = ".volumes"
)

// maxLower is how many layers fit into the options of one mount.
const maxLower = 200

// A stack is the layers of an overlay, as descriptors.
type stack struct {
	open  []int
	moved []moved
	list  []setting
	top   string // the topmost read-only layer
}

// moved is a directory and a detached mount of it with other owners.
type moved struct{ plain, mount int }

func (s *stack) close() {
	for _, fd := range s.open {
		_ = unix.Close(fd)
	}
}

// hold opens a layer, moved by the map if there is one, and returns a name for
// it in which nothing needs a quote.
func (s *stack) hold(dir string, m *bundle.Map) (string, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", dir, err)
	}
	s.open = append(s.open, fd)
	if m != nil {
		plain := fd
		if fd, err = mapped(plain, m); err != nil {
			return "", fmt.Errorf("map %s: %w", dir, err)
		}
		s.open = append(s.open, fd)
		s.moved = append(s.moved, moved{plain, fd})
	}
	return "/proc/self/fd/" + strconv.Itoa(fd), nil
}

// lowers adds the read-only layers, the topmost first.
func (s *stack) lowers(dirs []string, m *bundle.Map) error {
	if len(dirs) > maxLower {
		return fail.New(fail.CodeLimit, "an overlay of %d layers, need at most %d (--driver copy)", len(dirs), maxLower)
	}
	s.top = dirs[0]
	var names []string
	for _, dir := range dirs {
		name, err := s.hold(dir, m)
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	s.list = append(s.list, setting{"lowerdir", strings.Join(names, ":")})
	return nil
}

// writable adds upper and work below dir, made if need be. The upper directory
// is the one that shows: it becomes what the topmost lower one is.
func (s *stack) writable(dir string, m *bundle.Map) error {
	parts := []string{"upper", "work"}
	fresh := false
	for _, p := range parts {
		err := os.Mkdir(filepath.Join(dir, p), 0o700)
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		fresh = fresh || err == nil && p == "upper"
	}
	if fresh {
		if err := alike(s.top, filepath.Join(dir, "upper")); err != nil {
			return err
		}
	}
	// Both have to be on the same mount, so one is held and named through.
	name, err := s.hold(dir, m)
	for _, p := range parts {
		s.list = append(s.list, setting{p + "dir", name + "/" + p})
	}
	return err
}

// alike gives a new directory all that the root of a layer is, as it is on disk.
func alike(layer, dir string) error {
	fd, err := unix.Open(layer, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: layer, Err: err}
	}
	defer unix.Close(fd)
	m, err := fill.Meta(fd)
	if err != nil {
		return err
	}
	if err := os.Chown(dir, int(m.UID), int(m.GID)); err != nil {
		return err
	}
	for _, x := range m.Xattrs {
		if pack.Own(x.Name) {
			continue
		}
		if err := unix.Setxattr(dir, x.Name, x.Value, 0); err != nil {
			return &os.PathError{Op: "set attribute " + x.Name + " of", Path: dir, Err: err}
		}
	}
	if err := unix.Chmod(dir, m.Mode); err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, dir, []unix.Timespec{m.Atime, m.Mtime}, 0)
}

// place mounts the layers with moved owners over themselves, which is why it
// has to happen apart: before Linux 6.15 an overlay takes no layer from a mount
// that is nowhere.
func (s *stack) place() error {
	for _, m := range s.moved {
		err := unix.MoveMount(m.mount, "", m.plain, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
		if err != nil {
			return fmt.Errorf("mount a layer with moved owners: %w", err)
		}
	}
	return nil
}

// mount makes the overlay, nowhere yet.
func (s *stack) mount(flags int) (int, error) {
	if inUserNamespace() {
		s.list = append(s.list, setting{"userxattr", ""})
	}
	return detached("overlay", s.list, flags)
}

// inUserNamespace tells whether the attributes trusted.* are out of reach.
func inUserNamespace() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(text)), " ") != "0 0 4294967295"
}
