package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

func (b *birth) mkdir(s *plan.Step) bare.Errno {
	fd, e := bare.MkdirIn(b.root, s.Path, s.Mode)
	if e != 0 {
		return e
	}
	bare.Close(fd)
	return 0
}

// mknod makes a device, or accepts the same device if it is there already,
// whoever owns it: it may be the host's, bound by a mount. Who may not make any,
// as in the user namespace that a rootless engine calls us in, gets the host's.
func (b *birth) mknod(s *plan.Step) bare.Errno {
	dir, base, e := bare.ParentIn(b.root, s.Path, 0o755)
	if e != 0 {
		return e
	}
	defer bare.Close(dir)
	e = bare.Mknod(dir, base, s.Mode, s.Dev)
	if e == syscall.EPERM && s.Mode&unix.S_IFMT != unix.S_IFIFO {
		node := plan.Step{Member: s.Member, Path: s.Path, Source: s.Path, Dev: s.Dev, Mode: s.Mode & unix.S_IFMT}
		if b.bind(&node) == 0 {
			return 0
		}
	}
	if e != 0 && e != syscall.EEXIST {
		return e
	}
	var st unix.Stat_t
	if e := bare.Stat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); e != 0 {
		return e
	}
	kind := uint32(unix.S_IFMT)
	if st.Mode&kind != s.Mode&kind || (s.Mode&kind != unix.S_IFIFO && st.Rdev != s.Dev) {
		return b.escape(s.Path)
	}
	if e != 0 || (s.UID|s.GID == 0 && st.Uid|st.Gid == 0) {
		return 0
	}
	return bare.Chown(dir, base, bare.Owner{UID: s.UID, GID: s.GID}, unix.AT_SYMLINK_NOFOLLOW)
}

func (b *birth) symlink(s *plan.Step) bare.Errno {
	dir, base, e := bare.ParentIn(b.root, s.Path, 0o755)
	if e != 0 {
		return e
	}
	defer bare.Close(dir)
	if e := bare.Symlink(s.Source, dir, base); e != 0 && e != syscall.EEXIST {
		return e
	}
	return 0
}

// mask hides a file behind the host's /dev/null, checked to be it
// (CVE-2025-31133), and a directory behind one empty read-only tmpfs that all
// masks share. What does not exist needs no mask.
func (b *birth) mask(s *plan.Step) bare.Errno {
	at, e := b.hidden(s.Path)
	if e == syscall.ENOENT || e == syscall.ENOTDIR {
		return 0
	}
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	dir, e := bare.IsDir(at)
	if e != 0 {
		return e
	}
	if dir && b.empty < 0 {
		return b.firstEmpty(at, s)
	}
	from := b.null
	if dir {
		from = b.empty
	}
	tree, e := bare.Clone(from, "", unix.AT_EMPTY_PATH)
	if e != 0 {
		return e
	}
	defer bare.Close(tree)
	return bare.Attach(tree, at, "")
}

// firstEmpty makes the empty directory and hides the first path behind it. The
// others get clones of it: it has to be attached for that before Linux 6.15.
func (b *birth) firstEmpty(at int, s *plan.Step) bare.Errno {
	fs, e := bare.Fsopen("tmpfs")
	if e != 0 {
		return e
	}
	defer bare.Close(fs)
	if e := bare.FsSet(fs, "mode", "755"); e != 0 {
		return e
	}
	if e := bare.FsSet(fs, "nr_inodes", "2"); e != 0 {
		return e
	}
	if len(s.Args) > 0 {
		if e := bare.FsSet(fs, "context", s.Args[0]); e != 0 {
			return e
		}
	}
	if e := bare.FsCreate(fs); e != 0 {
		return e
	}
	const attr = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	if b.empty, e = bare.Fsmount(fs, attr); e != 0 {
		return e
	}
	return bare.Attach(b.empty, at, "")
}

// readonly makes a path read-only by a bind onto itself.
func (b *birth) readonly(s *plan.Step) bare.Errno {
	at, e := b.hidden(s.Path)
	if e == syscall.ENOENT || e == syscall.ENOTDIR {
		return 0
	}
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	tree, e := bare.Clone(at, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)
	if e != 0 {
		return e
	}
	defer bare.Close(tree)
	if e := bare.SetAttr(tree, true, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); e != 0 {
		return e
	}
	return bare.Attach(tree, at, "")
}

// console opens a terminal in the container's own devpts. Its peer comes from
// the master (TIOCGPTPEER), so no name in /dev is trusted (CVE-2025-52565).
func (b *birth) console(s *plan.Step) bare.Errno {
	if b.root < 0 { // entering a container: its root is ours already
		root, e := bare.Open(bare.AtCwd, "/", unix.O_PATH|unix.O_DIRECTORY, 0)
		if e != 0 {
			return e
		}
		b.root = root
	}
	fd, e := bare.OpenIn(b.root, "dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY)
	if e != 0 {
		return e
	}
	var st unix.Statfs_t
	if e := bare.Fstatfs(fd, &st); e != 0 {
		return e
	}
	if st.Type != unix.DEVPTS_SUPER_MAGIC {
		return b.escape("/dev/pts/ptmx")
	}
	b.master = fd
	if e := bare.Unlock(fd); e != 0 {
		return e
	}
	if b.slave, e = bare.Ioctl(fd, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC); e != 0 {
		return e
	}
	if len(s.Nums) == 2 {
		size := unix.Winsize{Row: uint16(s.Nums[0]), Col: uint16(s.Nums[1])}
		if e := bare.Window(fd, &size); e != 0 {
			return e
		}
	}
	if s.UID|s.GID != 0 {
		if e := bare.Chown(b.slave, "", bare.Owner{UID: s.UID, GID: s.GID}, unix.AT_EMPTY_PATH); e != 0 {
			return e
		}
	}
	if s.Path == "" {
		return 0 // a second process: /dev/console is the first one's
	}
	tree, e := bare.Clone(b.slave, "", unix.AT_EMPTY_PATH)
	if e != 0 {
		return e
	}
	defer bare.Close(tree)
	return b.attachAt(tree, s, false)
}
