package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/plan"
)

func (b *birth) mkdir(s *plan.Step) error {
	fd, err := path.MkdirAll(b.root, s.Path, s.Mode)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// mknod makes a device, or accepts the same device if it is there already.
func (b *birth) mknod(s *plan.Step) error {
	dir, base, err := path.Parent(b.root, s.Path, 0o755)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	err = unix.Mknodat(dir, base, s.Mode, int(s.Dev))
	if err != nil && err != unix.EEXIST {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	kind := uint32(unix.S_IFMT)
	if st.Mode&kind != s.Mode&kind || (s.Mode&kind != unix.S_IFIFO && st.Rdev != s.Dev) {
		return b.escape(s.Path)
	}
	if s.UID|s.GID == 0 && st.Uid|st.Gid == 0 {
		return nil
	}
	return unix.Fchownat(dir, base, int(s.UID), int(s.GID), unix.AT_SYMLINK_NOFOLLOW)
}

func (b *birth) symlink(s *plan.Step) error {
	dir, base, err := path.Parent(b.root, s.Path, 0o755)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if err := unix.Symlinkat(s.Source, dir, base); err != nil && err != unix.EEXIST {
		return err
	}
	return nil
}

// mask hides a file behind the host's /dev/null, checked to be it
// (CVE-2025-31133), and a directory behind one empty read-only tmpfs that all
// masks share. What does not exist needs no mask.
func (b *birth) mask(s *plan.Step) error {
	at, err := path.Open(b.root, s.Path, unix.O_PATH)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	dir, err := path.IsDir(at)
	if err != nil {
		return err
	}
	if dir && b.empty < 0 {
		return b.firstEmpty(at)
	}
	from := b.null
	if dir {
		from = b.empty
	}
	tree, err := unix.OpenTree(from, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	return unix.MoveMount(tree, "", at, "", attach)
}

// firstEmpty makes the empty directory and hides the first path behind it. The
// others get clones of it: it has to be attached for that before Linux 6.15.
func (b *birth) firstEmpty(at int) error {
	fs, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	for _, kv := range [][2]string{{"mode", "755"}, {"nr_inodes", "2"}} {
		if err := unix.FsconfigSetString(fs, kv[0], kv[1]); err != nil {
			return err
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	attr := unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	if b.empty, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, attr); err != nil {
		return err
	}
	return unix.MoveMount(b.empty, "", at, "", attach)
}

// readonly makes a path read-only by a bind onto itself.
func (b *birth) readonly(s *plan.Step) error {
	at, err := path.Open(b.root, s.Path, unix.O_PATH)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	tree, err := unix.OpenTree(at, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		return err
	}
	return unix.MoveMount(tree, "", at, "", attach)
}

// console opens a terminal in the container's own devpts. Its peer comes from
// the master (TIOCGPTPEER), so no name in /dev is trusted (CVE-2025-52565).
func (b *birth) console(s *plan.Step) error {
	if b.root < 0 { // entering a container: its root is ours already
		root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		b.root = root
	}
	fd, err := path.Open(b.root, "dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY)
	if err != nil {
		return err
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return err
	}
	if st.Type != unix.DEVPTS_SUPER_MAGIC {
		return b.escape("/dev/pts/ptmx")
	}
	b.master = fd
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	slave, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return errno
	}
	b.slave = int(slave)
	if len(s.Nums) == 2 {
		size := unix.Winsize{Row: uint16(s.Nums[0]), Col: uint16(s.Nums[1])}
		if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &size); err != nil {
			return err
		}
	}
	if s.UID|s.GID != 0 {
		if err := unix.Fchown(b.slave, int(s.UID), int(s.GID)); err != nil {
			return err
		}
	}
	if s.Path == "" {
		return nil // a second process: /dev/console is the first one's
	}
	tree, err := unix.OpenTree(b.slave, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	return b.attachAt(tree, s, false)
}
