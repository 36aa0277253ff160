package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Share makes the directories whose mounts host and plugin have in common. Undo
// is Unshare, which finds out by the noted mount how far to go.
func Share(e *store.Entry, needs *plugin.PluginNeeds) error {
	for _, dir := range shared(e, needs) {
		below, err := mountOf(dir)
		if err != nil {
			return err
		}
		if err := note(e, below, dir); err != nil {
			return err
		}
		if err := unix.Mount(dir, dir, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return &fail.Error{Op: "bind " + dir, Cause: err}
		}
		for _, how := range []uintptr{unix.MS_PRIVATE, unix.MS_SHARED} {
			if err := unix.Mount("", dir, "", how, ""); err != nil {
				return &fail.Error{Op: "share the mounts of " + dir, Cause: err}
			}
		}
	}
	return nil
}

// Unshare takes the mounts of Share away, with all that a plugin has mounted
// there: below the directory, or over it.
func Unshare(e *store.Entry) error {
	text, err := os.ReadFile(e.File(belowFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		id, dir, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !filepath.IsAbs(dir) {
			dir = e.File(dir)
		}
		err = errors.Join(err, uncover(dir, id))
	}
	return err
}

func uncover(dir, below string) error {
	for {
		now, err := mountOf(dir)
		if now == below || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = unix.Unmount(dir, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		}
		if err == unix.EINVAL { // the one below is another by now
			return nil
		}
		if err != nil {
			return &fail.Error{Op: "unmount " + dir, Cause: err}
		}
	}
}

// belowFile has a line for each shared directory: the mount that it was on, and
// its path, which for one of the entry is that within it, since it is renamed.
const belowFile = "below"

func note(e *store.Entry, mount, dir string) error {
	f, err := os.OpenFile(e.File(belowFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(mount + " " + strings.TrimPrefix(dir, e.Dir+"/") + "\n")
	return errors.Join(err, f.Close())
}

// mountOf is the number of the mount that dir is on.
func mountOf(dir string) (string, error) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, dir, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID, &st); err != nil {
		return "", &os.PathError{Op: "statx", Path: dir, Err: err}
	}
	return strconv.FormatUint(st.Mnt_id, 10), nil
}

func shared(e *store.Entry, needs *plugin.PluginNeeds) []string {
	var list []string
	if NeedsNames(e.Info.Type) {
		list = append(list, e.File("netns"))
	}
	for _, p := range needs.Paths {
		if p.Shared {
			list = append(list, p.Path)
		}
	}
	return list
}

// Hand shows the network namespace at path to a network plugin, as the path
// inside that is returned, until undo.
func Hand(e *store.Entry, path string) (name string, undo func() error, err error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", nil, &fail.Error{Op: "open " + path, Cause: err}
	}
	defer unix.Close(fd)
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return "", nil, err
	}
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	if st.Type != unix.NSFS_MAGIC || err != nil || kind != unix.CLONE_NEWNET {
		return "", nil, fail.New(fail.CodeInput, "%s is no network namespace", path)
	}
	base := "n" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(started.Add(1), 10)
	at := e.File("netns/" + base)
	if err := os.WriteFile(at, nil, 0o600); err != nil {
		return "", nil, err
	}
	undo = func() error {
		err := unix.Unmount(at, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if err != nil {
			err = &fail.Error{Op: "unmount " + at, Cause: err}
		}
		return errors.Join(err, os.Remove(at))
	}
	if err := unix.Mount("/proc/self/fd/"+strconv.Itoa(fd), at, "", unix.MS_BIND, ""); err != nil {
		return "", nil, errors.Join(&fail.Error{Op: "bind " + path, Cause: err}, os.Remove(at))
	}
	return Names + "/" + base, undo, nil
}
