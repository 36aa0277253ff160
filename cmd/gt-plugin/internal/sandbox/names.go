package sandbox

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Share makes the directories whose mounts host and plugin have in common. Undo
// is Unshare.
func Share(e *store.Entry, needs *plugin.PluginNeeds) error {
	for _, dir := range shared(e, needs) {
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

// Unshare takes the mounts of Share away, with what is still mounted there.
func Unshare(e *store.Entry) error {
	var failed error
	for _, dir := range shared(e, &e.Info.Needs) {
		if err := unix.Unmount(dir, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil && err != unix.EINVAL && err != unix.ENOENT {
			failed = errors.Join(failed, &fail.Error{Op: "unmount " + dir, Cause: err})
		}
	}
	return failed
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
