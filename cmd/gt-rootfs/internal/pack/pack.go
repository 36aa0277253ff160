// Package pack writes a directory as an archive: all of it, or what an overlay
// changed as a layer. The same tree gives the same bytes: entries are sorted,
// and nothing of the moment goes in.
package pack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Packer writes one archive.
type Packer struct {
	// Skipped are sockets, which no archive can hold.
	Skipped []string
	// Exact keeps what overlayfs says to itself.
	Exact bool
	// Back turns owners as they show into those that are written; nil keeps
	// them.
	Back func(uid, gid uint32) (uint32, uint32, error)

	ctx   context.Context
	w     *tar.Writer
	links map[inode]string
	buf   []byte
	layer bool
}

type inode struct{ dev, ino uint64 }

// New writes to w.
func New(ctx context.Context, w *tar.Writer) *Packer {
	return &Packer{ctx: ctx, w: w, links: map[inode]string{}, buf: make([]byte, 256<<10)}
}

// Tree writes everything below an open directory, and the directory itself.
func (p *Packer) Tree(root int) error {
	return p.dir(root, "")
}

// Entry writes what is called name in an open directory, under that name.
func (p *Packer) Entry(dir int, name string) error {
	if err := p.child(dir, name, name); err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	return nil
}

// Layer writes what an upper directory of an overlay holds, the deletions
// first.
func (p *Packer) Layer(upper int) error {
	p.layer = true
	gone, err := Deleted(upper)
	if err != nil {
		return err
	}
	for _, name := range gone {
		e := &tar.Entry{Name: name, Type: tar.File, Mode: 0o600, Mtime: time.Unix(0, 0)}
		if err := p.w.Entry(e); err != nil {
			return err
		}
	}
	return p.dir(upper, "")
}

// Upper writes what an upper directory holds without the deletions, below a
// name; "" is the root.
func (p *Packer) Upper(upper int, name string) error {
	p.layer = true
	return p.dir(upper, name)
}

// dir writes a directory and all in it. The descriptor stays the caller's.
func (p *Packer) dir(fd int, name string) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	m, err := fill.Meta(fd)
	if err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	if err := p.head(name+"/", tar.Dir, m, func(*tar.Entry) {}); err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	names, err := sorted(fd)
	if err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	for _, base := range names {
		full := path.Join(name, base)
		if err := p.child(fd, base, full); err != nil {
			return fmt.Errorf("%s: %w", show(full), err)
		}
	}
	return nil
}

func show(name string) string {
	if name == "" {
		return "."
	}
	return tar.Show(name)
}

// sorted reads an open directory by a descriptor of its own.
func sorted(fd int) ([]string, error) {
	again, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(again), ".")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

func (p *Packer) child(dir int, base, full string) error {
	fd, err := unix.Openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	kind := st.Mode & unix.S_IFMT
	switch {
	case p.layer && talk(base, &st):
		return nil
	case p.layer && strings.HasPrefix(base, mark):
		return fail.New(fail.CodeInput, "the name begins with %s, which is a deletion in a layer", mark)
	case kind == unix.S_IFDIR:
		sub, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(sub)
		return p.dir(sub, full)
	case kind == unix.S_IFSOCK:
		p.Skipped = append(p.Skipped, full)
		return nil
	case p.layer && whiteout(&st):
		return nil
	}
	return p.leaf(dir, fd, full)
}

// leaf writes anything but a directory; fd is O_PATH.
func (p *Packer) leaf(dir, fd int, full string) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	m, err := fill.Meta(fd)
	if err != nil {
		return err
	}
	if st.Nlink > 1 {
		id := inode{st.Dev, st.Ino}
		if first, ok := p.links[id]; ok {
			return p.head(full, tar.Link, m, func(e *tar.Entry) { e.Target, e.Xattrs = first, nil })
		}
		p.links[id] = full
	}
	device := func(e *tar.Entry) { e.Major, e.Minor = unix.Major(st.Rdev), unix.Minor(st.Rdev) }
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return p.file(dir, full, inode{st.Dev, st.Ino})
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", target)
		if err != nil {
			return err
		}
		return p.head(full, tar.Symlink, m, func(e *tar.Entry) { e.Target = string(target[:n]) })
	case unix.S_IFCHR:
		return p.head(full, tar.Char, m, device)
	case unix.S_IFBLK:
		return p.head(full, tar.Block, m, device)
	case unix.S_IFIFO:
		return p.head(full, tar.Fifo, m, func(*tar.Entry) {})
	}
	return fail.New(fail.CodeInput, "a file of mode %#o, need a file, link, device, directory or fifo", st.Mode)
}

// head writes the header of an entry.
func (p *Packer) head(name string, kind byte, m *tree.Meta, more func(*tar.Entry)) error {
	if name == "/" {
		name = "./"
	}
	e := &tar.Entry{
		Name: name, Type: kind, Mode: m.Mode, UID: m.UID, GID: m.GID,
		Mtime: time.Unix(m.Mtime.Sec, m.Mtime.Nsec), //nolint:unconvert // int32 on some machines
	}
	if p.Back != nil {
		var err error
		if e.UID, e.GID, err = p.Back(m.UID, m.GID); err != nil {
			return err
		}
	}
	for _, x := range m.Xattrs {
		switch name, own := overlays(x.Name); {
		case !own, p.Exact:
			e.Xattrs = append(e.Xattrs, tar.Xattr(x))
		case p.layer && (name == "redirect" || name == "metacopy"):
			return fail.New(fail.CodeInput, "it has no content of its own (attribute %s of overlayfs), which a layer cannot say", x.Name)
		}
	}
	slices.SortFunc(e.Xattrs, func(a, b tar.Xattr) int { return strings.Compare(a.Name, b.Name) })
	more(e)
	return p.w.Entry(e)
}

// overlays tells attributes with which overlayfs talks to itself.
func overlays(name string) (rest string, own bool) {
	for _, prefix := range []string{"trusted.overlay.", "user.overlay.", "user.fuseoverlayfs."} {
		if rest, own = strings.CutPrefix(name, prefix); own {
			return rest, true
		}
	}
	return "", false
}

var errChanged = errors.New("it changed while it was packed")
