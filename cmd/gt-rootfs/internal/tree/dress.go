package tree

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// dressDirs gives the directories their metadata. A mode may take away the way
// to what is below, so all of one depth are done before those above them.
func (t *Tree) dressDirs() error {
	slices.SortFunc(t.late, func(a, b late) int {
		return cmp.Or(cmp.Compare(depth(b.name), depth(a.name)), strings.Compare(b.name, a.name))
	})
	for i := 0; i < len(t.late); {
		n := i + 1
		for n < len(t.late) && depth(t.late[n].name) == depth(t.late[i].name) {
			n++
		}
		if err := t.dressAll(t.late[i:n]); err != nil {
			return err
		}
		i = n
	}
	return nil
}

func depth(name string) int {
	if name == "" {
		return 0
	}
	return 1 + strings.Count(name, "/")
}

// dressAll dresses directories of one depth, on all processors if there are
// enough of them and each has one name only.
func (t *Tree) dressAll(list []late) error {
	hands := min(runtime.NumCPU(), 4, 1+len(list)/32)
	if t.alias {
		hands = 1
	}
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, hands)
	work := func(hand int) {
		for i := int(next.Add(1) - 1); i < len(list) && errs[hand] == nil; i = int(next.Add(1) - 1) {
			if errs[hand] = t.ctx.Err(); errs[hand] != nil {
				return
			}
			if err := t.dressDir(&list[i]); err != nil {
				errs[hand] = fmt.Errorf("%s: %w", list[i].name, err)
			}
		}
	}
	for hand := 1; hand < hands; hand++ {
		group.Go(func() { work(hand) })
	}
	work(0)
	group.Wait()
	return cmp.Or(errs...)
}

// dressDir leaves one alone that was replaced by a later entry.
func (t *Tree) dressDir(l *late) error {
	fd := t.root
	if l.name != "" {
		var err error
		fd, err = path.Open(t.root, l.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
		if err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP {
			return nil
		}
		if err != nil {
			return err
		}
		defer unix.Close(fd)
	}
	return t.finish(fd, l.meta(), true)
}
