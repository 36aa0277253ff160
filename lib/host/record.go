package host

import (
	"encoding/binary"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
)

// A record is what directories held, by their names.
type record map[string]*listing

// A listing is the names that a directory had in a state of it; no directory is in
// the state zero.
type listing struct {
	state state
	names []string
}

// A state of a directory: whoever adds, removes or renames what is in it changes
// its times, and ctime cannot be set (inode(7)).
type state struct {
	dev, ino     uint64
	mtime, ctime int64
}

func stateOf(st *unix.Stat_t) state {
	return state{dev: st.Dev, ino: st.Ino, mtime: st.Mtim.Nano(), ctime: st.Ctim.Nano()}
}

// largest is the size of a record that is read.
const largest = 8 << 20

// load reads a record; nil is none, or one that save has not written.
func load(name string) record {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode != unix.S_IFREG|0o600 ||
		st.Uid != uint32(unix.Geteuid()) || st.Nlink != 1 || st.Size > largest {
		return nil
	}
	b := make([]byte, st.Size)
	if n, err := unix.Pread(fd, b, 0); err != nil || n != len(b) {
		return nil
	}
	return decode(b)
}

// save appears at once or not at all.
func (r record) save(name string) error {
	tmp := name + "." + strconv.Itoa(os.Getpid())
	err := os.WriteFile(tmp, r.encode(), 0o600)
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}

func (r record) encode() []byte {
	b := text(nil, plan.Stamp)
	b = binary.AppendUvarint(b, uint64(len(r)))
	for name, l := range r {
		b = text(b, name)
		for _, n := range []uint64{l.state.dev, l.state.ino, uint64(l.state.mtime), uint64(l.state.ctime), uint64(len(l.names))} {
			b = binary.AppendUvarint(b, n)
		}
		for _, n := range l.names {
			b = text(b, n)
		}
	}
	return b
}

func text(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decode returns nil for what encode of this build has not made.
func decode(b []byte) record {
	d := decoder{rest: string(b)}
	if d.text() != plan.Stamp {
		return nil
	}
	n := d.count()
	r := make(record, n)
	for range n {
		name := d.text()
		l := &listing{state: state{dev: d.num(), ino: d.num(), mtime: int64(d.num()), ctime: int64(d.num())}}
		l.names = make([]string, d.count())
		for i := range l.names {
			l.names[i] = d.text()
		}
		r[name] = l
	}
	if d.bad || d.rest != "" || len(r) != n {
		return nil
	}
	return r
}

type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) num() uint64 {
	var v uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.bad, d.rest = true, ""
	return 0
}

// count is of things that take a byte each, at least.
func (d *decoder) count() int {
	n := d.num()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, ""
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count()
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}
