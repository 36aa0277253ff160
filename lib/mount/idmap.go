package mount

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// MapTree is a detached copy of what is mounted at source, with owners mapped by
// a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP). It is no peer of the
// host's mounts. The descriptor is the caller's.
func MapTree(source string, o Options, user int) (int, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	all := uint(unix.AT_EMPTY_PATH)
	if o.Recursive {
		flags |= unix.AT_RECURSIVE
		all |= unix.AT_RECURSIVE
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, source, flags)
	if err != nil {
		return -1, &fail.Error{Op: "open " + source, Cause: err}
	}
	err = unix.MountSetattr(tree, "", all, &unix.MountAttr{Propagation: unix.MS_SLAVE})
	if err == nil {
		mapped := uint(unix.AT_EMPTY_PATH)
		if o.IDMap == "ridmap" {
			mapped |= unix.AT_RECURSIVE
		}
		err = unix.MountSetattr(tree, "", mapped, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(user)})
	}
	if err != nil {
		_ = unix.Close(tree)
		return -1, &fail.Error{Code: fail.CodeStep, Op: "map the owners of " + source, Cause: err, Hint: explainMap(err)}
	}
	return tree, nil
}

// explainMap: EINVAL is a filesystem that cannot, or a mount that is mapped
// already; EPERM who does not own the filesystem (mount_setattr(2)).
func explainMap(err error) string {
	switch err {
	case unix.EINVAL:
		return "its filesystem has no id-mapped mounts, or it is one already"
	case unix.EPERM:
		return "only CAP_SYS_ADMIN where the filesystem was mounted may map it"
	}
	return ""
}
