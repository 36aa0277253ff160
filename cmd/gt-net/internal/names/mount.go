package names

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// Mount puts files of the host, read-only, over files of the container: to
// each name inside the path of ours. A container that has not pivoted yet, as
// in a createRuntime hook, has its root at rootfs.
func Mount(pid int, rootfs string, files map[string]string) error {
	trees := map[string]int{}
	defer func() {
		for _, fd := range trees {
			_ = unix.Close(fd)
		}
	}()
	for name, from := range files {
		fd, err := clone(from)
		if err != nil {
			return err
		}
		trees[name] = fd
	}
	proc := "/proc/" + strconv.Itoa(pid)
	ns, err := os.Open(proc + "/ns/mnt")
	if err != nil {
		return err
	}
	defer ns.Close()
	done := make(chan error)
	go func() {
		// Never unlocked: the thread is in another mount namespace and ends
		// with the goroutine.
		runtime.LockOSThread()
		done <- enter(int(ns.Fd()), rootfs, trees)
	}()
	return <-done
}

// clone is a detached, read-only mount of one file.
func clone(from string) (int, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return -1, &os.PathError{Op: "open_tree", Path: from, Err: err}
	}
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, attr); err != nil {
		_ = unix.Close(fd)
		return -1, &os.PathError{Op: "mount_setattr", Path: from, Err: err}
	}
	return fd, nil
}

func enter(ns int, rootfs string, trees map[string]int) error {
	var mine, its unix.Stat_t
	if err := unix.Stat("/", &mine); err != nil {
		return err
	}
	// setns(2) of a mount namespace needs a root and directory of one's own.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare fs: %w", err)
	}
	if err := unix.Setns(ns, unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter mount namespace: %w", err)
	}
	// Now / is the root of that namespace, whatever its processes have.
	if err := unix.Stat("/", &its); err != nil {
		return err
	}
	root := "/"
	if mine.Ino == its.Ino && mine.Dev == its.Dev {
		if root = rootfs; root == "" {
			return fail.New(fail.CodeStatus, "container has the host's root, need one of its own for hosts and resolv.conf")
		}
	}
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: root, Err: err}
	}
	defer unix.Close(dir)
	for name, tree := range trees {
		if err := over(dir, name, tree); err != nil {
			return fmt.Errorf("mount %s: %w", name, err)
		}
	}
	return nil
}

// over attaches a mount to a file that is resolved inside the root; what stands
// there has to be a file, and is not opened.
func over(root int, name string, tree int) error {
	fd, err := path.File(root, name, 0o644)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return fail.New(fail.CodeUnsafe, "it is no regular file, need one")
	}
	return unix.MoveMount(tree, "", fd, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}
