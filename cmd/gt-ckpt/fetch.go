package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A fetch is the far side of a supply: it takes memory in as it comes, and hands
// it on to a criu lazy-pages that asks for what the container touches.
type fetch struct {
	line  *wire.Line
	list  []image.Memory
	files []*os.File
	mu    sync.Mutex
	came  *sync.Cond // something has, or the end
	there map[partID]bool
	asked map[partID]bool
	end   error
	goes  chan struct{} // closed when the source says go
	moved chan struct{} // something has come
	done  chan error    // all has
}

func newFetch(line *wire.Line, images string) (*fetch, error) {
	list, err := image.Memories(images)
	if err != nil {
		return nil, err
	}
	f := &fetch{
		line: line, list: list, there: map[partID]bool{}, asked: map[partID]bool{},
		goes: make(chan struct{}), moved: make(chan struct{}, 1), done: make(chan error, 1),
	}
	f.came = sync.NewCond(&f.mu)
	for i := range list {
		file, err := os.OpenFile(list[i].Path, os.O_RDWR, 0)
		if err != nil {
			f.close()
			return nil, err
		}
		f.files = append(f.files, file)
	}
	go func() {
		err := f.receive()
		if err != nil {
			f.fail(err)
		}
		f.done <- err
	}()
	return f, nil
}

func (f *fetch) close() {
	f.fail(os.ErrClosed)
	for _, file := range f.files {
		_ = file.Close()
	}
}

func (f *fetch) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.end == nil {
		f.end = err
	}
	f.came.Broadcast()
}

// serve answers one criu lazy-pages, and returns the socket for it, and the other
// end for who holds that.
func (f *fetch) serve() (theirs, held *os.File, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "pages"), os.NewFile(uintptr(pair[1]), "pages")
	again, err := unix.FcntlInt(ours.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		_ = ours.Close()
		_ = theirs.Close()
		return nil, nil, err
	}
	go func() {
		defer ours.Close()
		if err := criu.ServePages(ours, f.get); err != nil && !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) {
			f.fail(err)
		}
	}()
	return theirs, os.NewFile(uintptr(again), "pages"), nil
}

// get waits for memory of a process.
func (f *fetch) get(pid, addr, size uint64) ([]byte, error) {
	for i := range f.list {
		m := &f.list[i]
		if m.Pid != pid {
			continue
		}
		at, ok := m.Find(addr, size)
		if !ok {
			break
		}
		for n := at / partSize; n <= (at+size-1)/partSize; n++ {
			if err := f.wait(partID{uint32(i), uint32(n)}); err != nil {
				return nil, err
			}
		}
		b := make([]byte, size)
		_, err := f.files[i].ReadAt(b, int64(at))
		return b, err
	}
	return nil, fail.New(fail.CodeHost, "criu lazy-pages asks for %d bytes at %#x of process %d, which has none there", size, addr, pid)
}

// wait asks for a part that is not there, and waits for it.
func (f *fetch) wait(id partID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.there[id] {
		if f.end != nil {
			return f.end
		}
		if !f.asked[id] {
			f.asked[id] = true
			if err := f.line.Say(wire.Want, fmt.Sprintf("%d %d", id.file, id.n)); err != nil {
				return err
			}
		}
		f.came.Wait()
	}
	return nil
}

// hold waits until the source says go.
func (f *fetch) hold(patience time.Duration) error {
	select {
	case <-f.goes:
		return nil
	case err := <-f.done:
		if err == nil {
			err = wire.ErrGone
		}
		return err
	case <-time.After(patience):
		return wire.ErrLate
	}
}

// rest waits until all memory is there.
func (f *fetch) rest(patience time.Duration) error {
	for {
		select {
		case <-f.moved:
		case err := <-f.done:
			return err
		case <-time.After(patience):
			f.fail(wire.ErrLate)
			return wire.ErrLate
		}
	}
}

func (f *fetch) receive() error {
	in := f.line.Body()
	b := make([]byte, partHead+partSize)
	gone := false
	for {
		_, err := io.ReadFull(in, b[:partHead])
		if err == io.EOF && gone {
			return f.whole()
		}
		if err != nil {
			return wire.ErrGone
		}
		id := partID{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
		n := binary.BigEndian.Uint32(b[8:])
		if id == goes && n == 0 && !gone {
			gone = true
			close(f.goes)
			continue
		}
		if uint64(id.file) >= uint64(len(f.list)) || n == 0 || uint64(n) != f.list[id.file].Part(uint64(id.n), partSize) {
			return fail.New(fail.CodeInput, "the other side sends %d bytes as part %d of file %d", n, id.n, id.file)
		}
		if _, err := io.ReadFull(in, b[partHead:partHead+n]); err != nil {
			return wire.ErrGone
		}
		if _, err := f.files[id.file].WriteAt(b[partHead:partHead+n], int64(id.n)*partSize); err != nil {
			return err
		}
		f.mu.Lock()
		f.there[id] = true
		f.came.Broadcast()
		f.mu.Unlock()
		select {
		case f.moved <- struct{}{}:
		default:
		}
	}
}

// whole looks whether that was all.
func (f *fetch) whole() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	need := uint64(0)
	for i := range f.list {
		need += f.list[i].Parts(partSize)
	}
	if uint64(len(f.there)) != need {
		return fail.New(fail.CodeInput, "the other side has sent %d parts of the memory, need %d", len(f.there), need)
	}
	return nil
}
