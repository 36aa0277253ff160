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
	name string
	fd   int
	used bool
}

func (p *parents) find(name string) (int, bool) {
	for i := range p.slot {
		if s := &p.slot[i]; s.used && s.name == name {
			return s.fd, true
		}
	}
	return -1, false
}

// keep takes the descriptor over.
func (p *parents) keep(name string, fd int) {
	s := &p.slot[p.turn]
	p.turn = (p.turn + 1) % len(p.slot)
	if s.used {
		_ = unix.Close(s.fd)
	}
	*s = parent{name, fd, true}
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
		if p.slot[i].used {
			_ = unix.Close(p.slot[i].fd)
		}
		p.slot[i] = parent{}
	}
}

// parent opens the directory that holds a clean name, making what is missing
// as mkdir -p does, and returns the last component. The descriptor belongs to
// the cache and is good until the next call.
func (t *Tree) parent(name string, make bool) (int, string, error) {
	dir, base := "", name
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			dir, base = name[:i], name[i+1:]
			break
		}
	}
	if dir == "" {
		return t.root, base, nil
	}
	if fd, ok := t.parents.find(dir); ok {
		return fd, base, nil
	}
	fd, err := path.Open(t.root, dir, unix.O_PATH|unix.O_DIRECTORY)
	if err == unix.ENOENT && make {
		t.renew(dir)
		fd, err = path.MkdirAll(t.root, dir, 0o755)
		t.imply(dir)
	}
	if err != nil {
		return -1, "", err
	}
	t.parents.keep(dir, fd)
	return fd, base, nil
}
