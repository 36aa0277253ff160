package inside

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Every mount is made detached, gets all its attributes, and only then is
// attached to a descriptor that was resolved inside the root. So no name is
// looked up twice, and nothing is ever visible writable that ends read-only
// (GHSA-3q8j-pf29-vwv8, CVE-2021-30465).

//house:table
var mountSteps = [64]func(*birth, *plan.Step) bare.Errno{
	plan.OpPropagation: (*birth).propagation,
	plan.OpRoot:        (*birth).attachRoot,
	plan.OpMount:       (*birth).mount,
	plan.OpBind:        (*birth).bind,
	plan.OpRemount:     (*birth).remount,
	plan.OpReconfigure: (*birth).reconfigure,
	plan.OpMkdir:       (*birth).mkdir,
	plan.OpMknod:       (*birth).mknod,
	plan.OpSymlink:     (*birth).symlink,
	plan.OpPivot:       (*birth).pivot,
	plan.OpMask:        (*birth).mask,
	plan.OpReadonly:    (*birth).readonly,
	plan.OpConsole:     (*birth).console,
	plan.OpHere:        (*birth).here,
	plan.OpUnmount:     (*birth).unmount,
}

func (b *birth) propagation(s *plan.Step) bare.Errno { return bare.Mount("/", s.Flags) }

// attachRoot stacks the new root onto the old one. The root's own path is then
// never walked again, and does not have to be reachable for a mapped user.
func (b *birth) attachRoot(s *plan.Step) bare.Errno {
	var e bare.Errno
	if b.null, e = openNull(); e != 0 {
		return e
	}
	if s.FD != 0 {
		b.root, e = b.file(s)
	} else {
		b.root, e = bare.Clone(bare.AtCwd, s.Source, unix.AT_RECURSIVE)
	}
	if e != 0 {
		return e
	}
	if s.Prop != 0 { // the old root must not show the new one to its peers, pivot_root wants none that is shared
		if e := bare.Mount("/", unix.MS_PRIVATE); e != 0 {
			return e
		}
		if e := propagate(b.root, s.Prop); e != 0 {
			return e
		}
	}
	if e := bare.Attach(b.root, bare.AtCwd, "/"); e != 0 {
		return e
	}
	return setattr(b.root, s)
}

func openNull() (int, bare.Errno) {
	fd, e := bare.Open(bare.AtCwd, "/dev/null", unix.O_PATH|unix.O_NOFOLLOW, 0)
	if e != 0 {
		return -1, e
	}
	var st unix.Stat_t
	if e := bare.Fstat(fd, &st); e != 0 {
		return -1, e
	}
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(1, 3) {
		return -1, syscall.ENODEV
	}
	return fd, 0
}

// mount makes a filesystem. What the kernel has to say about a refused option
// is kept as the note.
func (b *birth) mount(s *plan.Step) bare.Errno {
	fs, e := bare.Fsopen(s.Type)
	if e != 0 {
		return e
	}
	defer bare.Close(fs)
	if s.Type == "tmpfs" {
		if e := b.likePlace(fs, s); e != 0 {
			return e
		}
	}
	if e := b.configure(fs, s); e != 0 {
		b.complaint(fs)
		return e
	}
	tree, e := b.filled(fs, s)
	if e != 0 {
		return e
	}
	if e = b.relabel(tree, s); e == 0 {
		e = b.attachAt(tree, s, s.Type == "proc" || s.Type == "sysfs")
	}
	b.hold(tree, s)
	return e
}

// made tells of a filesystem that is made with its namespace, and has labels
// before it is mounted: the kernel takes no context for it any more.
func made(s *plan.Step) bool { return s.Type == "mqueue" }

// relabel puts the label on the root of what takes no context.
func (b *birth) relabel(tree int, s *plan.Step) bare.Errno {
	if len(s.Args) == 0 || !made(s) {
		return 0
	}
	dir, e := bare.Open(tree, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if e == 0 {
		e = bare.SetXattr(dir, "security.selinux", s.Args[0])
		bare.Close(dir)
	}
	if e != 0 {
		b.note = "label"
	}
	return e
}

// likePlace gives a tmpfs the mode of the directory it will cover, unless the
// options name one: runc's default, which images with a private /var/x rely on.
func (b *birth) likePlace(fs int, s *plan.Step) bare.Errno {
	if strings.HasPrefix(s.Data, "mode=") || strings.Contains(s.Data, ",mode=") {
		return 0
	}
	at, e := bare.OpenIn(b.root, s.Path, unix.O_PATH|unix.O_DIRECTORY)
	if e == syscall.ENOENT {
		return 0
	}
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	var st unix.Stat_t
	if e := bare.Fstat(at, &st); e != 0 {
		return e
	}
	octal := [4]byte{'0' + byte(st.Mode>>9&7), '0' + byte(st.Mode>>6&7), '0' + byte(st.Mode>>3&7), '0' + byte(st.Mode&7)}
	return bare.FsSet(fs, "mode", bare.Text(octal[:]))
}

// filled makes the mount; one that copies up is writable until it has.
func (b *birth) filled(fs int, s *plan.Step) (int, bare.Errno) {
	if s.Flags&plan.CopyUp == 0 {
		return bare.Fsmount(fs, s.Set)
	}
	tree, e := bare.Fsmount(fs, 0)
	if e != 0 {
		return -1, e
	}
	if e = b.copyUp(tree, s); e == 0 {
		e = setattr(tree, s)
	}
	if e != 0 {
		bare.Close(tree)
	}
	return tree, e
}

func (b *birth) configure(fs int, s *plan.Step) bare.Errno {
	if s.Source != "" {
		if e := bare.FsSet(fs, "source", s.Source); e != 0 {
			return e
		}
	}
	if len(s.Args) > 0 && !made(s) { // a label has commas
		if e := bare.FsSet(fs, "context", s.Args[0]); e != 0 {
			b.note = "context"
			return e
		}
	}
	if e := b.options(fs, s.Data); e != 0 {
		return e
	}
	return bare.FsCreate(fs)
}

// options gives a filesystem context what stands between commas.
func (b *birth) options(fs int, data string) bare.Errno {
	for data != "" {
		var option string
		option, data, _ = strings.Cut(data, ",")
		key, value, has := strings.Cut(option, "=")
		var e bare.Errno
		switch {
		case key == "":
			continue
		case has:
			e = bare.FsSet(fs, key, value)
		default:
			e = bare.FsFlag(fs, key)
		}
		if e != 0 {
			b.note = option
			return e
		}
	}
	return 0
}

const complaintSize = 512

// complaint reads the filesystem context's log (fsopen(2)), the kernel's own
// words for what it did not like.
func (b *birth) complaint(fs int) {
	n, e := bare.Read(fs, b.words[:complaintSize])
	if e == 0 && n > 2 {
		b.note = bare.Trim(bare.Text(b.words[2:n]))
	}
}

// attachAt puts a detached tree at the step's path, making the mount point.
// strict refuses one that is reached through a symlink.
func (b *birth) attachAt(tree int, s *plan.Step, strict bool) bare.Errno {
	dir, e := bare.IsDir(tree)
	if e != 0 {
		return e
	}
	var at int
	switch {
	case strict:
		at, e = b.plain(s.Path)
	case dir:
		at, e = bare.MkdirIn(b.root, s.Path, 0o755)
	default:
		at, e = bare.FileIn(b.root, s.Path, 0o755)
	}
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	if e := bare.Attach(tree, at, ""); e != 0 || s.Prop == 0 {
		return e
	}
	return propagate(tree, s.Prop)
}

func propagate(tree int, prop uint64) bare.Errno {
	return bare.SetAttr(tree, prop&unix.MS_REC != 0, &unix.MountAttr{Propagation: prop &^ unix.MS_REC})
}

// setattr applies Set and Clear to a tree.
func setattr(tree int, s *plan.Step) bare.Errno {
	if s.Set|s.Clear == 0 {
		return 0
	}
	return bare.SetAttr(tree, s.Flags&unix.MS_REC != 0, &unix.MountAttr{Attr_set: s.Set, Attr_clr: s.Clear})
}

// bind: Flags has MS_BIND, and MS_REC for a recursive bind; attributes that are
// to be recursive come as a second, recursive setting in Nums (set, clear).
func (b *birth) bind(s *plan.Step) bare.Errno {
	tree, e := b.tree(s)
	if e != 0 {
		return e
	}
	e = b.bindTree(tree, s)
	b.hold(tree, s)
	return e
}

func (b *birth) bindTree(tree int, s *plan.Step) bare.Errno {
	if s.Dev != 0 {
		var st unix.Stat_t
		if e := bare.Fstat(tree, &st); e != 0 {
			return e
		}
		if st.Rdev != s.Dev || st.Mode&unix.S_IFMT != s.Mode {
			return b.escape(s.Source)
		}
	}
	if s.Set|s.Clear != 0 {
		if e := bare.SetAttr(tree, false, &unix.MountAttr{Attr_set: s.Set, Attr_clr: s.Clear}); e != 0 {
			return e
		}
	}
	if len(s.Nums) == 2 {
		if e := bare.SetAttr(tree, true, &unix.MountAttr{Attr_set: s.Nums[0], Attr_clr: s.Nums[1]}); e != 0 {
			return e
		}
	}
	return b.attachAt(tree, s, false)
}

func (b *birth) tree(s *plan.Step) (int, bare.Errno) {
	if s.FD != 0 {
		return b.file(s)
	}
	return bare.Clone(bare.AtCwd, s.Source, recursive(s))
}

func recursive(s *plan.Step) uint {
	if s.Flags&unix.MS_REC != 0 {
		return unix.AT_RECURSIVE
	}
	return 0
}

func (b *birth) remount(s *plan.Step) bare.Errno {
	at, e := bare.OpenIn(b.root, s.Path, unix.O_PATH)
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	if e := setattr(at, s); e != 0 || s.Prop == 0 {
		return e
	}
	return propagate(at, s.Prop)
}

// reconfigure changes the filesystem that is mounted at Path, for all who have
// it, and then the mount itself.
func (b *birth) reconfigure(s *plan.Step) bare.Errno {
	at, e := bare.OpenIn(b.root, s.Path, unix.O_PATH)
	if e != 0 {
		return e
	}
	defer bare.Close(at)
	fs, e := bare.Fspick(at)
	if e != 0 {
		return e
	}
	defer bare.Close(fs)
	if e = b.options(fs, s.Data); e == 0 {
		e = bare.FsReconfigure(fs)
	}
	if e != 0 {
		b.complaint(fs)
		return e
	}
	return setattr(at, s)
}

// pivot makes the new root the root and lets go of the old one, without a
// directory for it (pivot_root(2), "pivot_root(".", ".")").
func (b *birth) pivot(s *plan.Step) bare.Errno {
	if e := bare.Fchdir(b.root); e != 0 {
		return e
	}
	if s.Flags&1 != 0 {
		return bare.Chroot(".")
	}
	old := -1
	if s.Prop&unix.MS_SHARED != 0 {
		var e bare.Errno
		if old, e = bare.Open(bare.AtCwd, "/", unix.O_PATH|unix.O_DIRECTORY, 0); e != 0 {
			return e
		}
		defer bare.Close(old)
	}
	if e := bare.PivotHere(); e != 0 {
		return e
	}
	// The old root now lies on top. Slave, so that unmounting it unmounts
	// nothing on the host; by its descriptor, since "." is the new root, whose
	// shared mounts stay the host's peers.
	if old >= 0 {
		if e := propagate(old, unix.MS_SLAVE|unix.MS_REC); e != 0 {
			return e
		}
	}
	if e := bare.Unmount(".", unix.MNT_DETACH); e != 0 {
		return e
	}
	if e := bare.Chdir("/"); e != 0 || s.Prop == 0 {
		return e
	}
	return bare.Mount("/", s.Prop)
}
