package driver

import (
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// mapped is a copy of the mount at an open directory whose owners are moved by
// the map, without a change on disk (mount_setattr(2), "ID mapped mounts").
func mapped(dir int, m *bundle.Map) (int, error) {
	user, err := namespace(m)
	if err != nil {
		return -1, err
	}
	defer unix.Close(user)
	fd, err := unix.OpenTree(dir, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return -1, os.NewSyscallError("open_tree", err)
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(user)}
	err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr)
	if err == nil {
		return fd, nil
	}
	_ = unix.Close(fd)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return -1, fail.New(fail.CodeKernel, "the file system cannot be id-mapped: %w", err)
	}
	return -1, os.NewSyscallError("mount_setattr", err)
}

// namespace makes a user namespace with the maps. It needs a process to be
// born in it, which is stopped before its first instruction and killed.
func namespace(m *bundle.Map) (int, error) {
	// The tracer is a thread, and only that may start and end it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := os.StartProcess("/proc/self/exe", []string{"gt-rootfs"}, &os.ProcAttr{
		Env: []string{}, Files: []*os.File{nil, nil, nil},
		Sys: &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWUSER, Ptrace: true, Pdeathsig: unix.SIGKILL,
			UidMappings: idmap.Map(m.UID).Sys(), GidMappings: idmap.Map(m.GID).Sys(), GidMappingsEnableSetgroups: true,
		},
	})
	if err != nil {
		return -1, err
	}
	fd, err := unix.Open("/proc/"+strconv.Itoa(p.Pid)+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		err = os.NewSyscallError("open the user namespace", err)
	}
	if kill := p.Kill(); err == nil {
		err = kill
	}
	if _, wait := p.Wait(); err == nil {
		err = wait
	}
	return fd, err
}
