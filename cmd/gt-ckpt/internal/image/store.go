package image

import (
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Store is where checkpoints live.
const Store = "/var/lib/gophertainer/checkpoints"

// unfinished is how the name of a checkpoint begins that is being made.
const unfinished = ".new-"

// A Draft is a checkpoint that is being made: it has its name once it is whole.
type Draft struct {
	Dir  string // where it grows
	lock *os.File
	into string
	name string
}

// NewDraft begins a checkpoint of the name in the store. A container's second
// one is NAME.2, and so on, where free asks for a name that is free.
func NewDraft(store, name string, free bool) (*Draft, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(store, 0o700); err != nil {
		return nil, err
	}
	if err := Sweep(store); err != nil {
		return nil, err
	}
	if free {
		name = freeName(store, name)
	} else if _, err := os.Lstat(filepath.Join(store, name)); err == nil {
		return nil, fail.New(fail.CodeExists, "checkpoint %s exists, need another name or gt-ckpt delete %s", name, name)
	}
	d := &Draft{into: filepath.Join(store, name), name: name}
	var err error
	for again := true; again && err == nil; {
		again, err = d.begin(store)
	}
	if err != nil {
		d.Discard()
		return nil, err
	}
	return d, nil
}

// begin makes the directory; again, if a Sweep took it before it was held.
func (d *Draft) begin(store string) (again bool, err error) {
	if d.Dir, err = os.MkdirTemp(store, unfinished); err != nil {
		return false, err
	}
	if d.lock, err = os.Open(d.Dir); os.IsNotExist(err) {
		return true, nil
	}
	if err == nil {
		err = unix.Flock(int(d.lock.Fd()), unix.LOCK_EX)
	}
	if err == nil {
		err = os.Mkdir(d.Images(), 0o700)
	}
	if os.IsNotExist(err) {
		return true, d.lock.Close()
	}
	return false, err
}

// Held is a draft that another process began and this one holds as well: lock
// is its open file.
func Held(dir string, lock *os.File) *Draft {
	d := &Draft{Dir: dir, lock: lock}
	if m, err := Read(dir); err == nil {
		d.name, d.into = m.Name, filepath.Join(filepath.Dir(dir), m.Name)
	}
	return d
}

// Lock is the open file that keeps others from sweeping it away; it stays the
// draft's.
func (d *Draft) Lock() *os.File { return d.lock }

// Rename gives it another name to be, as NewDraft does.
func (d *Draft) Rename(store, name string, free bool) error {
	if err := checkName(name); err != nil {
		return err
	}
	if free {
		name = freeName(store, name)
	}
	d.name, d.into = name, filepath.Join(store, name)
	return nil
}

// Name is the name that it will have.
func (d *Draft) Name() string { return d.name }

// Images is where CRIU writes.
func (d *Draft) Images() string { return filepath.Join(d.Dir, ImagesDir) }

// Keep gives it its name.
func (d *Draft) Keep() error {
	err := unix.Renameat2(unix.AT_FDCWD, d.Dir, unix.AT_FDCWD, d.into, unix.RENAME_NOREPLACE)
	if err == unix.EEXIST {
		return fail.New(fail.CodeExists, "checkpoint %s exists, need another name", d.name)
	}
	if err == nil {
		d.Dir = d.into
		_ = d.lock.Close()
	}
	return err
}

// Discard removes it.
func (d *Draft) Discard() {
	if d.Dir != "" {
		_ = os.RemoveAll(d.Dir)
	}
	if d.lock != nil {
		_ = d.lock.Close()
	}
}

func checkName(name string) error {
	if err := state.CheckID(name); err != nil {
		return fail.New(fail.CodeUsage, "name of a checkpoint: %w", err)
	}
	return nil
}

func freeName(store, name string) string {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try += "." + strconv.Itoa(n)
		}
		if _, err := os.Lstat(filepath.Join(store, try)); err != nil {
			return try
		}
	}
}

// Sweep removes what killed dumps left: drafts that nobody holds.
func Sweep(store string) error {
	names, err := os.ReadDir(store)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, n := range names {
		if !strings.HasPrefix(n.Name(), unfinished) {
			continue
		}
		path := filepath.Join(store, n.Name())
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			err = os.RemoveAll(path)
		}
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Find returns the directory of a checkpoint; with a container's name, that of
// its newest.
func Find(store, name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	dir := filepath.Join(store, name)
	if st, err := os.Lstat(dir); err != nil || !st.IsDir() {
		return "", fail.New(fail.CodeNoSuch, "checkpoint %q does not exist in %s", name, store)
	}
	return dir, nil
}

// Newest returns the newest checkpoint of a container or the one of that name.
func Newest(store, name string) (string, error) {
	all, err := List(store)
	if err != nil {
		return "", err
	}
	best := Item{}
	for _, it := range all {
		if it.Manifest != nil && it.Manifest.Container == name && it.Manifest.Created >= best.created() {
			best = it
		}
	}
	if best.Dir != "" && best.Manifest.Name != name {
		if m, err := Read(filepath.Join(store, name)); err != nil || m.Container == name {
			return best.Dir, nil
		}
	}
	return Find(store, name)
}

// An Item is one of a list; Manifest is nil and Err says why if it is broken.
type Item struct {
	Name, Dir string
	Manifest  *Manifest
	Err       error
}

func (it *Item) created() string {
	if it.Manifest == nil {
		return ""
	}
	return it.Manifest.Created
}

// Size is what the members have, in bytes.
func (m *Manifest) Size() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// List finds all checkpoints, the oldest first.
func List(store string) ([]Item, error) {
	names, err := os.ReadDir(store)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, n := range names {
		if !n.IsDir() || state.CheckID(n.Name()) != nil {
			continue
		}
		it := Item{Name: n.Name(), Dir: filepath.Join(store, n.Name())}
		it.Manifest, it.Err = Read(it.Dir)
		list = append(list, it)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].created() < list[j].created() })
	return list, nil
}

// Remove takes a checkpoint away; the rename first, so that no half of it is
// ever found.
func Remove(store, name string) error {
	dir, err := Find(store, name)
	if err != nil {
		return err
	}
	gone := filepath.Join(store, unfinished+"gone-"+strconv.Itoa(os.Getpid()))
	if err := os.Rename(dir, gone); err != nil {
		return err
	}
	return os.RemoveAll(gone)
}
