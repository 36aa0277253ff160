package host

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"
)

// A walk finds files that others may not read, and directories that they may not
// enter. It looks at the mode of each at every start, for a chmod leaves no trace
// in the directory. What the names are is known from the last time, as long as a
// directory is the same one and has the same times.
type walk struct {
	base   string // what is looked at, by its whole name
	at     int    // descriptor of it
	before record
	seen   record
	news   bool // seen is not what before was
	settle time.Duration
	closed []string
	buf    []byte // for names
}

// settling is how old a directory has to be for its times to tell two states of it
// apart: file systems have clocks of up to two seconds (FAT).
const settling = 3 * time.Second

// run looks at everything below base, which may be absent.
func (w *walk) run() error {
	fd, err := unix.Open(w.base, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	w.at, w.seen = fd, make(record, len(w.before))
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	return w.into(".", "", &st)
}

// into looks at a directory: rel is its name from base, prefix what goes before the
// names in it.
func (w *walk) into(rel, prefix string, st *unix.Stat_t) error {
	l := w.before[rel]
	if l == nil || l.state != stateOf(st) {
		var err error
		if l, err = w.list(rel); err != nil {
			return err
		}
		w.news = true
	}
	w.seen[rel] = l
	for _, name := range l.names {
		if err := w.entry(prefix + name); err != nil {
			return err
		}
	}
	return nil
}

// list reads the names of a directory. One that has just changed may change again
// without its times showing it: it is to be read the next time, too.
func (w *walk) list(rel string) (*listing, error) {
	fd, err := unix.Openat(w.at, rel, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	now := time.Now()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	l := &listing{state: stateOf(&st)}
	if limit := now.Add(-w.settle).UnixNano(); l.state.mtime > limit || l.state.ctime > limit {
		l.state = state{}
	}
	if w.buf == nil {
		w.buf = make([]byte, 8<<10)
	}
	for {
		n, err := unix.Getdents(fd, w.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return l, err
		}
		for rest := w.buf[:n]; len(rest) > nameAt; {
			// struct linux_dirent64: inode and offset of 8 bytes each, length, kind, name.
			length := int(rest[16]) | int(rest[17])<<8
			if length <= nameAt || length > len(rest) {
				return nil, unix.EIO
			}
			l.add(rest[18], rest[nameAt:length])
			rest = rest[length:]
		}
	}
}

const nameAt = 19

// add keeps the names of what can be closed.
func (l *listing) add(kind byte, padded []byte) {
	n := max(bytes.IndexByte(padded, 0), 0)
	name := string(padded[:n])
	if name == "" || name == "." || name == ".." || kind != unix.DT_REG && kind != unix.DT_DIR && kind != unix.DT_UNKNOWN {
		return
	}
	l.names = append(l.names, name)
}

func (w *walk) entry(rel string) error {
	var st unix.Stat_t
	err := unix.Fstatat(w.at, rel, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT || err == unix.EACCES {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o4 == 0,
		st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&0o1 == 0:
		w.closed = append(w.closed, w.base+"/"+rel)
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		err = w.into(rel, rel+"/", &st)
		if err == unix.ENOENT || err == unix.EACCES || err == unix.ENOTDIR || err == unix.ELOOP {
			return nil
		}
	}
	return err
}
