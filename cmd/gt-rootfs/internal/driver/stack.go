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
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Where things are in a bundle.
const (
	rootfs = "rootfs"
	upper  = ".upper" // what the container writes: upper and work below it
	lower  = ".lower" // a disk

	volumes = ".volumes"
)

// maxLower is how many layers fit into the options of one mount.
const maxLower = 200

// A stack is the layers of an overlay, as descriptors.
type stack struct {
	open []int
	list []setting
}

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
	if m != nil {
		plain := fd
		fd, err = mapped(plain, m)
		_ = unix.Close(plain)
		if err != nil {
			return "", fmt.Errorf("map %s: %w", dir, err)
		}
	}
	s.open = append(s.open, fd)
	return "/proc/self/fd/" + strconv.Itoa(fd), nil
}

// lowers adds the read-only layers, the topmost first.
func (s *stack) lowers(dirs []string, m *bundle.Map) error {
	if len(dirs) > maxLower {
		return fail.New(fail.CodeLimit, "an overlay of %d layers, need at most %d (--driver copy)", len(dirs), maxLower)
	}
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
// is the one that shows: it gets owner and mode of the topmost lower one.
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
		if err := alike(s.open[0], filepath.Join(dir, "upper"), m); err != nil {
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

func alike(fd int, dir string, m *bundle.Map) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	uid, gid := int(st.Uid), int(st.Gid)
	if m != nil { // seen through the map, but made without it
		uid, gid = m.Back(uid, gid)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return err
	}
	return unix.Chmod(dir, st.Mode&0o7777)
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
