package inside

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Who runs this: a process that has joined the mount namespace of a running
// container, to change its mounts. The container may change any name meanwhile,
// so each is resolved once, below the root, and then held by descriptor.

func (b *birth) here(*plan.Step) (e bare.Errno) {
	b.root, e = bare.Open(bare.AtCwd, "/", unix.O_PATH|unix.O_DIRECTORY, 0)
	return e
}

// unmount goes to the mount itself, or for a file to its directory. No link may
// be in the way: the container could lead it to a mask of its /proc. A mount
// point itself cannot be renamed.
func (b *birth) unmount(s *plan.Step) bare.Errno {
	at, e := bare.OpenPlain(b.root, s.Path, unix.O_PATH)
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	dir, e := bare.IsDir(at)
	if e != 0 {
		return e
	}
	if dir {
		if e := bare.Fchdir(at); e != 0 {
			return e
		}
		return bare.Unmount(".", unix.MNT_DETACH)
	}
	cut := len(s.Path)
	for s.Path[cut-1] != '/' { // the path is absolute
		cut--
	}
	parent, e := bare.OpenPlain(b.root, s.Path[:cut], unix.O_PATH|unix.O_DIRECTORY)
	if e != 0 {
		return e
	}
	defer bare.Close(parent)
	if e := bare.Fchdir(parent); e != 0 {
		return e
	}
	return bare.Unmount(s.Path[cut:], unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
}
