package tree

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// A Form is what the layers of an image become.
type Form int

// The forms. Names that begin with .wh. are whiteouts in the latter two
// (image-spec, layer.md, "Whiteouts").
const (
	Literal Form = iota // no layer: an archive, in which every name is a name
	Flat                // one tree: a whiteout removes what is there from earlier layers
	Overlay             // one layer: a whiteout becomes the mark that overlayfs reads
)

const (
	whiteout = ".wh."
	opaque   = whiteout + whiteout + ".opq"
)

// ErrBelow is a layer that cannot stand by itself.
var ErrBelow = errors.New("the layer builds on a lower one")

func (t *Tree) below(err error) error {
	if t.opt.Form == Overlay && (err == unix.ENOENT || err == unix.ENOTDIR) { //nolint:errorlint // the very errno
		return ErrBelow
	}
	return err
}

// Beneath is what a layer needs from those below it.
type Beneath struct {
	Dirs []string // directories it has no entry for, but files in
	Cut  bool     // nothing of them shows: its root is opaque
	Root bool     // it has no entry for its root
}

// Layer begins a new layer: its whiteouts hide what was there until now, never
// what comes with it, in whichever order.
func (t *Tree) Layer() {
	t.layer++
	t.fresh = names{}
}

// Beneath is known after Finish.
func (t *Tree) Beneath() Beneath { return Beneath{t.implied, t.hide[""], !t.rooted} }

// IsWhiteout tells whether a name says that another is gone.
func (t *Tree) IsWhiteout(name string) bool {
	if t.opt.Form == Literal {
		return false
	}
	return strings.HasPrefix(name[strings.LastIndexByte(name, '/')+1:], whiteout)
}

// Whiteout does what a whiteout says.
func (t *Tree) Whiteout(name string) error {
	name, err := t.enter(name)
	if err != nil {
		return err
	}
	if err := t.settle(); err != nil {
		return err
	}
	dir, base := split(name)
	if base == opaque {
		return t.opaque(dir)
	}
	gone := strings.TrimPrefix(base, whiteout)
	switch {
	case strings.HasPrefix(gone, whiteout): // aufs's own notes
		return nil
	case gone == "" || gone == "." || gone == "..":
		return fail.New(fail.CodeUnsafe, "a whiteout of %q, need the name of a file", gone)
	}
	gone = join(dir, gone)
	if t.opt.Form == Overlay {
		return t.mark(gone)
	}
	if t.layer < 2 {
		return nil
	}
	if t.fresh.has(gone) {
		return t.opaque(gone)
	}
	at, base, err := t.parent(gone, false)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil
	}
	if err != nil {
		return err
	}
	t.parents.forget()
	return t.remove(at, base)
}

// mark leaves a device 0:0 in place of the name. A directory of that name in
// the same layer hides the lower one instead.
func (t *Tree) mark(name string) error {
	dir, base, err := t.parent(name, true)
	if err != nil {
		return err
	}
	err = unix.Mknodat(dir, base, unix.S_IFCHR, 0)
	if err != unix.EEXIST {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		t.hide[name] = true
	}
	return nil
}

// opaque hides all that lower layers have in a directory.
func (t *Tree) opaque(dir string) error {
	if t.opt.Form == Overlay {
		t.hide[dir] = true
		if dir == "" {
			return nil
		}
		_, _, err := t.parent(dir+"/x", true)
		return err
	}
	if t.layer < 2 {
		return nil
	}
	fd, err := path.Open(t.root, dirOr(dir), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP {
		return nil
	}
	if err != nil {
		return err
	}
	t.parents.forget()
	return t.older(fd, dir)
}

func dirOr(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// made notes that a name came with this layer.
func (t *Tree) made(name string) {
	if t.layer < 2 {
		return
	}
	for name != "" && !t.fresh.has(name) {
		t.fresh.add(name)
		name, _ = split(name)
	}
}

func split(name string) (dir, base string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// imply notes directories that were made since something lies in them.
func (t *Tree) imply(name string) {
	if t.opt.Form != Overlay {
		return
	}
	for name != "" && !t.guessed[name] {
		t.guessed[name] = true
		name, _ = split(name)
	}
}

// renew forgets what earlier layers said of directories that are gone and are
// made again.
func (t *Tree) renew(name string) {
	for ; name != "" && t.layer > 1; name, _ = split(name) {
		i, known := t.index.find(name)
		if !known {
			continue
		}
		if fd, err := path.Open(t.root, name, unix.O_PATH|unix.O_NOFOLLOW); err != unix.ENOENT {
			_ = unix.Close(fd)
			continue
		}
		t.late[i].set(&Meta{
			Mode: 0o755, UID: t.uid, GID: t.gid,
			Atime: unix.Timespec{Nsec: unix.UTIME_OMIT}, Mtime: unix.Timespec{Nsec: unix.UTIME_OMIT},
		})
	}
}

// hiding marks the directories that hide what is below them in lower layers.
func (t *Tree) hiding() error {
	attribute := "trusted.overlay.opaque"
	if t.opt.User {
		attribute = "user.overlay.opaque"
	}
	for name := range t.hide {
		fd, err := path.Open(t.root, dirOr(name), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ELOOP) {
			continue
		}
		if err == nil {
			err = unix.Fsetxattr(fd, attribute, []byte("y"), 0)
			_ = unix.Close(fd)
		}
		if err != nil {
			return fmt.Errorf("%s: set attribute %q: %w", dirOr(name), attribute, err)
		}
	}
	return nil
}
