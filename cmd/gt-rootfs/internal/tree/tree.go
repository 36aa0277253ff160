// Package tree fills a directory with a root file system that is described by
// somebody who is not trusted, entry by entry.
//
// The root is an open directory. A parent is opened by the kernel inside the
// root (openat2(2), RESOLVE_IN_ROOT), the last component of a name is never
// followed, and everything else happens on descriptors: no symlink that an
// archive planted, and none that somebody swaps in meanwhile, leads out.
//
// Directories get their owner, mode, attributes and times at the end, since
// filling them changes their times and may need rights their mode takes away.
package tree

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Meta is what every kind of file has.
type Meta struct {
	Mode         uint32 // permission bits with setuid, setgid and sticky
	UID, GID     uint32
	Atime, Mtime unix.Timespec // an Atime of UTIME_OMIT is left as it is
	Xattrs       []Xattr
}

// An Xattr is an extended attribute as setxattr(2) takes it.
type Xattr struct {
	Name  string
	Value []byte
}

// Options bound and direct the filling.
type Options struct {
	MaxBytes   int64 // of file content; 0 is without bound
	MaxEntries int64 // 0 is without bound
	NoDevices  bool  // leave device nodes out
	Form       Form  // what the source is
	User       bool  // the marks of overlayfs are to work in a user namespace

	Below string // names are below this directory of the root, a clean name without symlinks
	Kept  bool   // a directory stays one, and nothing else becomes one
	Mine  bool   // everything belongs to who calls
}

// A LimitError is a bound of the Options that was met.
type LimitError struct {
	Most   int64
	Unit   string
	Option string // of the command line
}

func (e *LimitError) Error() string { return fmt.Sprintf("more than %d %s", e.Most, e.Unit) }

// A Tree is a root that is being filled. One goroutine calls it.
type Tree struct {
	// Skipped counts the device nodes that were left out.
	Skipped int
	// Rounded counts the files whose times have fractions of a second that
	// the file system does not keep.
	Rounded atomic.Int64

	ctx        context.Context
	root       int
	span       span
	opt        Options
	uid        uint32
	gid        uint32
	bytes      int64
	entries    int64
	parents    parents
	crew       *crew // none before the first small file
	late       []late
	lateXattrs int
	index      places
	alias      bool // an entry named a directory through a symlink

	layer   int             // counted from 1
	fresh   names           // came with this layer, from the second on
	hide    map[string]bool // directories to be marked opaque
	guessed map[string]bool // directories made without an entry, so far
	implied []string
	rooted  bool
	stands  bool // the root was there before
}

// Open starts to fill the empty directory dir, which becomes a plain one that
// only we may enter until Finish. The process's umask has to be 0.
func Open(ctx context.Context, dir string, opt Options) (*Tree, error) {
	root, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	t := &Tree{
		ctx: ctx, root: root, opt: opt,
		uid: uint32(os.Geteuid()), gid: uint32(os.Getegid()),
		index: places{}, hide: map[string]bool{}, guessed: map[string]bool{},
	}
	err = t.plain()
	if err == nil {
		err = t.measure()
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("prepare %s: %w", dir, err)
	}
	return t, nil
}

// Over starts to change a root that stands, which it takes over: what comes
// replaces what is there. The process's umask has to be 0.
func Over(ctx context.Context, root int, opt Options) (*Tree, error) {
	t := &Tree{
		ctx: ctx, root: root, opt: opt,
		uid: uint32(os.Geteuid()), gid: uint32(os.Getegid()),
		index: places{}, hide: map[string]bool{}, guessed: map[string]bool{},
		layer: 2, fresh: names{}, stands: true,
	}
	if err := t.measure(); err != nil {
		t.Close()
		return nil, fmt.Errorf("measure times: %w", err)
	}
	return t, nil
}

// plain takes away what the root inherited from the directory it was made in
// (group, setgid, default ACL), and what every file below would inherit too.
func (t *Tree) plain() error {
	if err := unix.Fchown(t.root, int(t.uid), int(t.gid)); err != nil {
		return err
	}
	for _, name := range []string{aclAccess, aclDefault} {
		if err := unix.Fremovexattr(t.root, name); err != nil && err != unix.ENODATA && err != unix.EOPNOTSUPP {
			return err
		}
	}
	return unix.Fchmod(t.root, 0o700)
}

// Close gives the descriptors back. It does not finish.
func (t *Tree) Close() {
	t.dismiss()
	t.parents.drop()
	_ = unix.Close(t.root)
}

// Bytes is how much file content was written.
func (t *Tree) Bytes() int64 { return t.bytes }

// Root is the device and inode of the root.
func (t *Tree) Root() (dev, ino uint64, err error) {
	var st unix.Stat_t
	err = unix.Fstat(t.root, &st)
	return st.Dev, st.Ino, err
}

// enter counts an entry and finds its place. The name comes back clean: no
// leading slash, no dots. That of Options.Below, or an empty one, is the root
// itself.
func (t *Tree) enter(name string) (string, error) {
	if err := t.ctx.Err(); err != nil {
		return "", err
	}
	if t.entries++; t.opt.MaxEntries > 0 && t.entries > t.opt.MaxEntries {
		return "", &LimitError{t.opt.MaxEntries, "entries", "--max-entries"}
	}
	return t.place(name)
}

// place is where in the root a name of the source is.
func (t *Tree) place(name string) (string, error) {
	name, err := clean(name)
	switch {
	case err != nil || t.opt.Below == "":
		return name, err
	case name == "":
		return t.opt.Below, nil
	}
	return join(t.opt.Below, name), nil
}

// spend counts file content before it is written.
func (t *Tree) spend(n int64) error {
	if t.bytes += n; t.opt.MaxBytes > 0 && t.bytes > t.opt.MaxBytes {
		return &LimitError{t.opt.MaxBytes, "bytes", "--max-size"}
	}
	return nil
}

// CheckName tells whether a name may be of something in the root.
func CheckName(name string) error {
	rest, err := clean(name)
	if err == nil && rest == "" {
		err = fail.New(fail.CodeUnsafe, "it is the root")
	}
	return err
}

// clean makes a name relative to the root. ".." is refused rather than
// resolved: no archiver writes it, and readers disagree on what it means.
func clean(name string) (string, error) {
	if simple(name) {
		return name, nil
	}
	if name == "" {
		return "", fail.New(fail.CodeInput, "an entry has no name")
	}
	var parts []string
	for _, part := range strings.Split(name, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", fail.New(fail.CodeUnsafe, `the name holds ".."`)
		default:
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/"), nil
}

// simple holds for names that are clean already, most of them.
func simple(name string) bool {
	if name == "" || name[0] == '/' || name[len(name)-1] == '/' {
		return false
	}
	dots := 0 // length of the component so far, if it is of dots only
	for i := range len(name) {
		switch {
		case name[i] == '/':
			if dots >= 0 && dots <= 2 {
				return false
			}
			dots = 0
		case name[i] == '.' && dots >= 0:
			dots++
		default:
			dots = -1
		}
	}
	return dots < 0 || dots > 2
}
