package inside

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// places are where something of the kernel's is mounted whose parts are hidden
// later. The mounts are held by descriptors: another container that shares the
// root could move their directories away meanwhile, and what is not found needs
// no mask.
var places = [...]string{"/proc", "/sys"}

// hold keeps the tree that is mounted now if it is at a place, else closes it.
func (b *birth) hold(tree int, s *plan.Step) {
	for i := range places {
		if s.Path == places[i] {
			if b.held[i] >= 0 { // this one covers it
				bare.Close(b.held[i])
			}
			b.held[i] = tree
			return
		}
	}
	bare.Close(tree)
}

// hidden opens what a mask or a read-only path names.
func (b *birth) hidden(name string) (int, bare.Errno) {
	for i := range places {
		if b.held[i] < 0 || !strings.HasPrefix(name, places[i]) || strings.Contains(name, "..") {
			continue
		}
		if rest := name[len(places[i]):]; len(rest) > 1 && rest[0] == '/' {
			return bare.OpenIn(b.held[i], rest, unix.O_PATH)
		}
	}
	return bare.OpenIn(b.root, name, unix.O_PATH)
}

// plain opens or makes a directory for a mount. One that is reached through a
// symlink is refused: a volume could lead /proc or /sys elsewhere
// (CVE-2019-19921).
func (b *birth) plain(name string) (int, bare.Errno) {
	at, e := bare.OpenIn(b.root, name, unix.O_PATH|unix.O_NOFOLLOW)
	if e == syscall.ENOENT {
		dir, base, e := bare.ParentIn(b.root, name, 0o755)
		if e != 0 {
			return -1, e
		}
		at, e = bare.MkdirAt(dir, base, 0o755)
		bare.Close(dir)
		return at, e
	}
	if e != 0 {
		return -1, e
	}
	if ok, e := bare.IsDir(at); e != 0 || !ok {
		bare.Close(at)
		return -1, b.escape(name)
	}
	return at, 0
}
