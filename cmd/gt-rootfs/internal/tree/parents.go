package tree

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// parents keeps the last directories open, since archives come in order. A
// descriptor stays right while names are added; it may be wrong after a name
// was replaced, so then all are dropped.
type parents struct {
	slot [4]parent
	turn int
}

type parent struct {
	name  string
	dir   *held
	alias bool // the name leads through a symlink
}

func (p *parents) find(name string) *parent {
	for i := range p.slot {
		if s := &p.slot[i]; s.dir != nil && s.name == name {
			return s
		}
	}
	return nil
}

// keep takes the descriptor over.
func (p *parents) keep(name string, fd int, alias bool) *parent {
	s := &p.slot[p.turn]
	p.turn = (p.turn + 1) % len(p.slot)
	if s.dir != nil {
		s.dir.release()
	}
	*s = parent{name, hold(fd), alias}
	return s
}

// forget makes every directory be looked up again, but leaves the descriptors
// open for the call that is under way.
func (p *parents) forget() {
	for i := range p.slot {
		p.slot[i].name = ""
	}
}

func (p *parents) drop() {
	for i := range p.slot {
		if p.slot[i].dir != nil {
			p.slot[i].dir.release()
		}
		p.slot[i] = parent{}
	}
}

// parent opens the directory that holds a clean name, making what is missing
// as mkdir -p does, and returns the last component. The descriptor belongs to
// the cache and is good until the next call.
func (t *Tree) parent(name string, make bool) (int, string, error) {
	p, base, err := t.holder(name, make)
	if err != nil || p == nil {
		return t.root, base, err
	}
	return p.dir.fd, base, nil
}

// holder is parent with all that is known of the directory; nil is the root.
func (t *Tree) holder(name string, make bool) (*parent, string, error) {
	dir, base := split(name)
	if dir == "" {
		return nil, base, nil
	}
	if p := t.parents.find(dir); p != nil {
		return p, base, nil
	}
	fd, alias, err := t.enterDir(dir)
	if err != nil && t.crew != nil {
		// It may be a file that is on its way.
		if err := t.settle(); err != nil {
			return nil, "", err
		}
		fd, alias, err = t.enterDir(dir)
	}
	if err == unix.ENOENT && make {
		t.renew(dir)
		alias = true // nobody knows through what
		fd, err = path.MkdirAll(t.root, dir, 0o755)
		t.imply(dir)
	}
	if err != nil {
		return nil, "", err
	}
	return t.parents.keep(dir, fd, alias), base, nil
}

// enterDir opens a directory inside the root, and tells whether its name leads
// through a symlink.
func (t *Tree) enterDir(dir string) (fd int, alias bool, err error) {
	how := unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS,
	}
	fd, err = unix.Openat2(t.root, dir, &how)
	if err == nil {
		return fd, false, nil
	}
	fd, err = path.Open(t.root, dir, unix.O_PATH|unix.O_DIRECTORY)
	return fd, true, err
}
