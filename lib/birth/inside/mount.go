package inside

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Every mount is made detached, gets all its attributes, and only then is
// attached to a descriptor that was resolved inside the root. So no name is
// looked up twice, and nothing is ever visible writable that ends read-only
// (GHSA-3q8j-pf29-vwv8, CVE-2021-30465).

const attach = unix.MOVE_MOUNT_F_EMPTY_PATH | unix.MOVE_MOUNT_T_EMPTY_PATH

//house:table
var mountSteps = [64]func(*birth, *plan.Step) error{
	plan.OpPropagation: (*birth).propagation,
	plan.OpRoot:        (*birth).attachRoot,
	plan.OpMount:       (*birth).mount,
	plan.OpBind:        (*birth).bind,
	plan.OpRemount:     (*birth).remount,
	plan.OpMkdir:       (*birth).mkdir,
	plan.OpMknod:       (*birth).mknod,
	plan.OpSymlink:     (*birth).symlink,
	plan.OpPivot:       (*birth).pivot,
	plan.OpMask:        (*birth).mask,
	plan.OpReadonly:    (*birth).readonly,
	plan.OpConsole:     (*birth).console,
}

func (b *birth) propagation(s *plan.Step) error {
	return unix.Mount("", "/", "", uintptr(s.Flags), "")
}

// attachRoot stacks the new root onto the old one. The root's own path is then
// never walked again, and does not have to be reachable for a mapped user.
func (b *birth) attachRoot(s *plan.Step) error {
	var err error
	if b.null, err = openNull(); err != nil {
		return err
	}
	if s.FD != 0 {
		b.root, err = b.file(s)
	} else {
		b.root, err = unix.OpenTree(unix.AT_FDCWD, s.Source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	}
	if err != nil {
		return err
	}
	if s.Prop != 0 { // the old root must not show the new one to its peers, pivot_root wants none that is shared
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE, ""); err != nil {
			return err
		}
		if err := propagate(b.root, s.Prop); err != nil {
			return err
		}
	}
	if err := unix.MoveMount(b.root, "", unix.AT_FDCWD, "/", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return err
	}
	return setattr(b.root, s)
}

func openNull() (int, error) {
	fd, err := unix.Open("/dev/null", unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return -1, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(1, 3) {
		return -1, syscall.ENODEV
	}
	return fd, nil
}

// mount makes a filesystem. What the kernel has to say about a refused option
// is kept as the note.
func (b *birth) mount(s *plan.Step) error {
	fs, err := unix.Fsopen(s.Type, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	if s.Type == "tmpfs" {
		if err := b.likePlace(fs, s); err != nil {
			return err
		}
	}
	if err := b.configure(fs, s); err != nil {
		b.note = complaint(fs, b.note)
		return err
	}
	tree, err := b.filled(fs, s)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	if s.Type == "proc" || s.Type == "sysfs" {
		return b.attachAt(tree, s, true)
	}
	return b.attachAt(tree, s, false)
}

// likePlace gives a tmpfs the mode of the directory it will cover, unless the
// options name one: runc's default, which images with a private /var/x rely on.
func (b *birth) likePlace(fs int, s *plan.Step) error {
	if strings.HasPrefix(s.Data, "mode=") || strings.Contains(s.Data, ",mode=") {
		return nil
	}
	at, err := path.Open(b.root, s.Path, unix.O_PATH|unix.O_DIRECTORY)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	var st unix.Stat_t
	if err := unix.Fstat(at, &st); err != nil {
		return err
	}
	return unix.FsconfigSetString(fs, "mode", octal(st.Mode&0o7777))
}

func octal(mode uint32) string {
	return string([]byte{'0' + byte(mode>>9&7), '0' + byte(mode>>6&7), '0' + byte(mode>>3&7), '0' + byte(mode&7)})
}

// filled makes the mount; one that copies up is writable until it has.
func (b *birth) filled(fs int, s *plan.Step) (int, error) {
	if s.Flags&plan.CopyUp == 0 {
		return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, int(s.Set))
	}
	tree, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = b.copyUp(tree, s); err == nil {
		err = setattr(tree, s)
	}
	if err != nil {
		_ = unix.Close(tree)
	}
	return tree, err
}

func (b *birth) configure(fs int, s *plan.Step) error {
	if s.Source != "" {
		if err := unix.FsconfigSetString(fs, "source", s.Source); err != nil {
			return err
		}
	}
	for data := s.Data; data != ""; {
		var option string
		option, data, _ = strings.Cut(data, ",")
		key, value, has := strings.Cut(option, "=")
		var err error
		switch {
		case key == "":
			continue
		case has:
			err = unix.FsconfigSetString(fs, key, value)
		default:
			err = unix.FsconfigSetFlag(fs, key)
		}
		if err != nil {
			b.note = option
			return err
		}
	}
	return unix.FsconfigCreate(fs)
}

// complaint reads the filesystem context's log (fsopen(2)), the kernel's own
// words for what it did not like.
func complaint(fs int, option string) string {
	buf := make([]byte, 512)
	n, err := unix.Read(fs, buf)
	if err != nil || n < 3 {
		return option
	}
	return strings.TrimSpace(string(buf[2:n]))
}

// attachAt puts a detached tree at the step's path, making the mount point.
// strict refuses a mount point that is reached through a symlink: a volume
// could lead /proc or /sys elsewhere (CVE-2019-19921).
func (b *birth) attachAt(tree int, s *plan.Step, strict bool) error {
	dir, err := path.IsDir(tree)
	if err != nil {
		return err
	}
	if strict {
		if fd, err := path.Open(b.root, s.Path, unix.O_PATH|unix.O_NOFOLLOW); err == nil {
			ok, err := path.IsDir(fd)
			_ = unix.Close(fd)
			if err != nil || !ok {
				return b.escape(s.Path)
			}
		}
	}
	var at int
	if dir {
		at, err = path.MkdirAll(b.root, s.Path, 0o755)
	} else {
		at, err = path.File(b.root, s.Path, 0o755)
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	if err := unix.MoveMount(tree, "", at, "", attach); err != nil {
		return err
	}
	if s.Prop != 0 {
		return propagate(tree, s.Prop)
	}
	return nil
}

func propagate(tree int, prop uint64) error {
	flags := uint(unix.AT_EMPTY_PATH)
	if prop&unix.MS_REC != 0 {
		flags |= unix.AT_RECURSIVE
	}
	return unix.MountSetattr(tree, "", flags, &unix.MountAttr{Propagation: prop &^ unix.MS_REC})
}

// setattr applies Set and Clear to a tree.
func setattr(tree int, s *plan.Step) error {
	if s.Set|s.Clear == 0 {
		return nil
	}
	flags := uint(unix.AT_EMPTY_PATH)
	if s.Flags&unix.MS_REC != 0 {
		flags |= unix.AT_RECURSIVE
	}
	return unix.MountSetattr(tree, "", flags, &unix.MountAttr{Attr_set: s.Set, Attr_clr: s.Clear})
}

// bind: Flags has MS_BIND, and MS_REC for a recursive bind; attributes that are
// to be recursive come as a second, recursive setting in Nums (set, clear).
func (b *birth) bind(s *plan.Step) error {
	tree, err := b.tree(s)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	if s.Set|s.Clear != 0 {
		attr := unix.MountAttr{Attr_set: s.Set, Attr_clr: s.Clear}
		if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &attr); err != nil {
			return err
		}
	}
	if len(s.Nums) == 2 {
		attr := unix.MountAttr{Attr_set: s.Nums[0], Attr_clr: s.Nums[1]}
		if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
			return err
		}
	}
	return b.attachAt(tree, s, false)
}

func (b *birth) tree(s *plan.Step) (int, error) {
	if s.FD != 0 {
		return b.file(s)
	}
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if s.Flags&unix.MS_REC != 0 {
		flags |= unix.AT_RECURSIVE
	}
	return unix.OpenTree(unix.AT_FDCWD, s.Source, flags)
}

func (b *birth) remount(s *plan.Step) error {
	at, err := path.Open(b.root, s.Path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	return setattr(at, s)
}

// pivot makes the new root the root and lets go of the old one, without a
// directory for it (pivot_root(2), "pivot_root(".", ".")").
func (b *birth) pivot(s *plan.Step) error {
	if err := unix.Fchdir(b.root); err != nil {
		return err
	}
	if s.Flags&1 != 0 {
		return unix.Chroot(".")
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return err
	}
	// The old root now lies on top. Slave, so that unmounting it unmounts
	// nothing on the host.
	if err := unix.Mount("", ".", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return err
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	if s.Prop != 0 {
		return unix.Mount("", "/", "", uintptr(s.Prop), "")
	}
	return nil
}
