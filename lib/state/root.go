package state

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// removed is how the name of an entry begins while it is being removed.
const removed = ".removed-"

// Root is a state directory.
type Root struct{ dir string }

// Open names a state directory; it is made by the first Create.
func Open(dir string) (*Root, error) {
	abs, err := filepath.Abs(dir)
	return &Root{dir: abs}, err
}

// Create makes the entry of a new container and locks it. Of two at the same
// time one gets it. Between making and locking gc may take it for a leftover:
// then it is made again.
func (r *Root) Create(id string) (*Entry, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	for {
		e, err := r.make(id)
		if err != nil {
			return nil, err
		}
		if err = e.Lock(); fail.Details(err).Code != fail.CodeNoSuch {
			return e, err
		}
	}
}

func (r *Root) make(id string) (*Entry, error) {
	e := r.entry(id)
	err := unix.Mkdir(e.dir, 0o700)
	if err == unix.ENOENT {
		if err := os.MkdirAll(r.dir, 0o711); err != nil {
			return nil, err
		}
		err = unix.Mkdir(e.dir, 0o700)
	}
	if err == unix.EEXIST {
		return nil, e.taken()
	}
	if err != nil {
		return nil, &os.PathError{Op: "mkdir", Path: e.dir, Err: err}
	}
	return e, nil
}

// taken says who has the ID.
func (e *Entry) taken() error {
	what := ""
	if s, err := e.ReadState(); err == nil {
		if status, err := e.Status(s); err == nil {
			what = ", status " + string(status)
		}
	}
	return fail.New(fail.CodeExists, "container with this ID exists%s, need another ID or gt-oci delete %s", what, e.ID)
}

// Entry finds a container. Engines look for "does not exist".
func (r *Root) Entry(id string) (*Entry, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	e := r.entry(id)
	var st unix.Stat_t
	err := unix.Lstat(e.dir, &st)
	switch {
	case err == unix.ENOENT || err == unix.ENOTDIR, err == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return nil, noSuch(id)
	case err != nil:
		return nil, &os.PathError{Op: "lstat", Path: e.dir, Err: err}
	}
	return e, nil
}

func (r *Root) entry(id string) *Entry {
	return &Entry{ID: id, dir: filepath.Join(r.dir, id), lock: -1}
}

// List finds all containers, in order of name. It opens none, so a broken one
// is among them.
func (r *Root) List() ([]*Entry, error) {
	names, err := os.ReadDir(r.dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var list []*Entry
	for _, n := range names {
		if n.IsDir() && CheckID(n.Name()) == nil {
			list = append(list, r.entry(n.Name()))
		}
	}
	return list, err
}

// Removed finds what Remove had begun on when it was killed.
func (r *Root) Removed() ([]string, error) {
	names, err := os.ReadDir(r.dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var list []string
	for _, n := range names {
		if strings.HasPrefix(n.Name(), removed) {
			list = append(list, filepath.Join(r.dir, n.Name()))
		}
	}
	return list, err
}

// Remove takes the entry away; the rename first, so that no half of it is ever
// found under its name. The lock goes last: who waits for it finds it unlinked.
func (e *Entry) Remove() error {
	id := e.ID[:min(len(e.ID), maxID/2)] // the new name is no longer than a name may be
	unique := strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	gone := filepath.Join(filepath.Dir(e.dir), removed+id+"-"+unique)
	if err := os.Rename(e.dir, gone); err != nil {
		return err
	}
	err := removeAll(gone)
	e.Unlock()
	return err
}

// usual are the files of most entries: to remove them by name takes half the
// system calls of looking for them.
var usual = [...]string{"config.json", "state.json", "lock"}

func removeAll(dir string) error {
	for _, name := range usual {
		_ = unix.Unlink(dir + "/" + name)
	}
	if unix.Rmdir(dir) == nil {
		return nil
	}
	return os.RemoveAll(dir)
}
