package tree

import (
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Small files are most of a root, and making one is work for the kernel. A crew
// makes them beside the goroutine that reads the archive, which goes on with
// everything else in order. What it does not share with the crew:
//
//   - two files of one name: the second waits until the first is there,
//   - names that lead through a symlink, of which there may be several for one
//     file,
//   - whatever replaces, links, removes or looks for what may be on its way.
const (
	smallFile = 64 << 10  // bytes of a file that is handed over
	loadBytes = 256 << 10 // of a load of files
	loadFiles = 64
	mostLate  = 4096 // files between two settlements, so that names take no memory
)

// A Late error is one of a file that was handed over earlier.
type Late struct {
	Name string
	Err  error
}

func (l *Late) Error() string {
	name := l.Name
	if q := strconv.Quote(name); q != `"`+name+`"` {
		name = q
	}
	return name + ": " + l.Err.Error()
}

func (l *Late) Unwrap() error { return l.Err }

// held is an open directory of several users.
type held struct {
	fd    int
	users atomic.Int32
}

func hold(fd int) *held {
	h := &held{fd: fd}
	h.users.Store(1)
	return h
}

func (h *held) release() {
	if h.users.Add(-1) == 0 {
		_ = unix.Close(h.fd)
	}
}

// A file on its way.
type file struct {
	dir        *held // nil is the root
	name       string
	base       string
	begin, end int  // its content in the load
	from       From // or in a file
	size       int64
	meta       Meta
}

type load struct {
	buf   []byte
	bytes int64 // of all files
	files []file
	again []int // these names are taken
}

type crew struct {
	tree   *Tree
	next   *load
	free   chan *load
	todo   chan *load
	way    sync.WaitGroup
	ended  sync.WaitGroup
	recent map[string]struct{} // handed over since the last settlement

	lock   sync.Mutex
	failed error
	redo   []*load
}

// hire starts the crew with the first file that is for it.
func (t *Tree) hire() *crew {
	if t.crew != nil {
		return t.crew
	}
	hands := min(runtime.NumCPU(), 4)
	c := &crew{tree: t, free: make(chan *load, hands+2), todo: make(chan *load), recent: map[string]struct{}{}}
	for range hands + 1 {
		c.free <- &load{}
	}
	for range hands {
		c.ended.Go(c.work)
	}
	t.crew = c
	return c
}

// dismiss ends the crew.
func (t *Tree) dismiss() {
	if c := t.crew; c != nil {
		if c.next != nil {
			for i := range c.next.files {
				c.next.files[i].release()
			}
		}
		close(c.todo)
		c.ended.Wait()
		t.crew = nil
	}
}

// onWay tells whether a file of that name is on its way.
func (t *Tree) onWay(name string) bool {
	if t.crew == nil {
		return false
	}
	_, ok := t.crew.recent[name]
	return ok
}

// hand gives the crew a file. The content comes from r, unless it lies in a
// file.
func (c *crew) hand(f file, r Reader) error {
	if c.next == nil {
		c.next = <-c.free
		c.next.buf, c.next.files, c.next.again, c.next.bytes = c.next.buf[:0], c.next.files[:0], c.next.again[:0], 0
	}
	l := c.next
	f.begin = len(l.buf)
	for f.size > 0 && f.from.File == nil {
		b, err := r.Data()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		l.buf = append(l.buf, b...)
	}
	f.end = len(l.buf)
	l.bytes += f.size
	if f.dir != nil {
		f.dir.users.Add(1)
	}
	l.files = append(l.files, f)
	c.recent[f.name] = struct{}{}
	if len(l.files) == loadFiles || l.bytes >= loadBytes {
		c.send()
	}
	if len(c.recent) >= mostLate {
		return c.tree.settle()
	}
	return nil
}

func (c *crew) send() {
	if c.next != nil && len(c.next.files) > 0 {
		c.way.Add(1)
		c.todo <- c.next
		c.next = nil
	}
}

// settle waits until all files on their way are there.
func (t *Tree) settle() error {
	c := t.crew
	if c == nil || len(c.recent) == 0 {
		return nil
	}
	c.send()
	c.way.Wait()
	clear(c.recent)
	err := c.failed
	for _, l := range c.redo {
		for _, i := range l.again {
			f := &l.files[i]
			if err == nil {
				err = named(f.name, c.replace(l, f))
			}
			f.release()
		}
		l.again = nil
		c.free <- l
	}
	c.redo = nil
	return err
}

func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return &Late{name, err}
}

func (c *crew) work() {
	for l := range c.todo {
		for i := range l.files {
			f := &l.files[i]
			err := c.make(l, f)
			if err == unix.EEXIST {
				l.again = append(l.again, i)
				continue
			}
			f.release()
			if err != nil {
				c.lock.Lock()
				if c.failed == nil {
					c.failed = named(f.name, err)
				}
				c.lock.Unlock()
			}
		}
		if len(l.again) > 0 {
			c.lock.Lock()
			c.redo = append(c.redo, l)
			c.lock.Unlock()
		} else {
			c.free <- l
		}
		c.way.Done()
	}
}

func (f *file) release() {
	if f.dir != nil {
		f.dir.release()
	}
}

func (f *file) at(t *Tree) int {
	if f.dir != nil {
		return f.dir.fd
	}
	return t.root
}

func (c *crew) make(l *load, f *file) error {
	const flags = unix.O_CREAT | unix.O_EXCL | unix.O_WRONLY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(f.at(c.tree), f.base, flags, f.meta.Mode&0o777)
	if err != nil {
		return err
	}
	if f.from.File != nil {
		err = c.tree.transfer(fd, f)
	} else {
		err = write(fd, l.buf[f.begin:f.end], -1)
	}
	if err == nil {
		err = c.tree.finish(fd, &f.meta, f.meta.Mode&0o7000 != 0)
	}
	if bad := unix.Close(fd); err == nil {
		err = bad
	}
	return err
}

// replace makes a file whose name was taken.
func (c *crew) replace(l *load, f *file) error {
	return c.tree.replace(f.at(c.tree), f.base, func() error { return c.make(l, f) })
}
