// Package progress tells a person, or a program, how far a long work is.
package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The forms of --progress.
const (
	Auto  = "auto"  // a bar on a terminal, plain else
	Plain = "plain" // a line now and then
	JSON  = "json"  // an object a line
	None  = "none"
)

// Nothing is said of what takes less than patience.
const patience = time.Second

// between is how often each form speaks.
var between = map[string]time.Duration{Auto: 100 * time.Millisecond, Plain: 10 * time.Second, JSON: time.Second}

// A Meter counts. Its zero value counts for nobody.
type Meter struct {
	done  atomic.Int64
	total atomic.Int64
	where atomic.Pointer[func() int64] // counts for itself

	form  string
	what  string
	to    io.Writer
	start time.Time
	stop  chan struct{}
	ended sync.WaitGroup
	shown bool
}

// Start begins to tell on stderr how far the work on what is.
func Start(form, what string, stderr io.Writer) *Meter {
	m := &Meter{form: form, what: what, to: stderr, start: time.Now(), stop: make(chan struct{})}
	if form == Auto && !terminal(stderr) {
		m.form = Plain
	}
	if form != None {
		m.ended.Go(func() { m.tell(m.stop) })
	}
	return m
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil && os.Getenv("TERM") != "dumb"
}

// Add counts bytes of the source that were worked through.
func (m *Meter) Add(n int64) {
	if m != nil {
		m.done.Add(n)
	}
}

// Expect adds to the total, in bytes.
func (m *Meter) Expect(n int64) {
	if m != nil && n > 0 {
		m.total.Add(n)
	}
}

// Follow takes the size of a regular file for what is to do, and the place in
// it for what is done, unless somebody counts.
func (m *Meter) Follow(f *os.File, counted bool) {
	info, err := f.Stat()
	if m == nil || err != nil || !info.Mode().IsRegular() {
		return
	}
	m.Expect(info.Size())
	if counted {
		return
	}
	fd := int(f.Fd())
	where := func() int64 {
		n, err := unix.Seek(fd, 0, unix.SEEK_CUR)
		if err != nil {
			return 0
		}
		return n
	}
	m.where.Store(&where)
}

// Watch takes a counter for what is done.
func (m *Meter) Watch(where func() int64) {
	if m != nil && m.where.Load() == nil {
		m.where.Store(&where)
	}
}

// Leave ends Follow, before the file is closed.
func (m *Meter) Leave() {
	if m != nil {
		m.where.Store(nil)
	}
}

// Stop ends the telling; a bar disappears, which has to be before anything else
// is said. A second Stop does nothing.
func (m *Meter) Stop() {
	if m == nil || m.stop == nil {
		return
	}
	close(m.stop)
	m.ended.Wait()
	m.stop = nil
	if m.shown && m.form == Auto {
		fmt.Fprint(m.to, "\r\x1b[K")
	}
}

func (m *Meter) tell(stop <-chan struct{}) {
	next := time.NewTimer(max(patience, between[m.form]))
	defer next.Stop()
	for {
		select {
		case <-stop:
			return
		case <-next.C:
			m.shown = true
			fmt.Fprint(m.to, m.text())
			next.Reset(between[m.form])
		}
	}
}

func (m *Meter) text() string {
	done, total := m.done.Load(), m.total.Load()
	if where := m.where.Load(); where != nil {
		done = (*where)()
	}
	seconds := time.Since(m.start).Seconds()
	switch m.form {
	case JSON:
		name, _ := json.Marshal(m.what) // a string always can be
		return fmt.Sprintf(`{"source":%s,"done":%d,"total":%d,"seconds":%.1f}`+"\n", name, done, total, seconds)
	case Plain:
		return fmt.Sprintf("gt-rootfs: %s: %s after %.0f s\n", m.what, amount(done, total), seconds)
	}
	const width = 30
	bar := ""
	if total > 0 {
		n := int(min(done, total) * width / total)
		bar = " [" + strings.Repeat("=", n) + strings.Repeat(" ", width-n) + "]"
	}
	return fmt.Sprintf("\r\x1b[K%s%s %s", m.what, bar, amount(done, total))
}

func amount(done, total int64) string {
	if total <= 0 {
		return fmt.Sprintf("%d MB", done>>20)
	}
	return fmt.Sprintf("%d of %d MB, %d%%", done>>20, total>>20, min(done, total)*100/total)
}
