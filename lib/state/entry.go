package state

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Root is a state directory.
type Root struct{ dir string }

// Entry is one container in it.
type Entry struct {
	ID   string
	dir  string
	lock int
}

// Open names a state directory; it is made by the first Create.
func Open(dir string) (*Root, error) {
	abs, err := filepath.Abs(dir)
	return &Root{dir: abs}, err
}

// Create makes the entry of a new container and locks it.
func (r *Root) Create(id string) (*Entry, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	e := &Entry{ID: id, dir: filepath.Join(r.dir, id), lock: -1}
	err := unix.Mkdir(e.dir, 0o700)
	if err == unix.ENOENT {
		if err := os.MkdirAll(r.dir, 0o711); err != nil {
			return nil, err
		}
		err = unix.Mkdir(e.dir, 0o700)
	}
	if err == unix.EEXIST {
		return nil, fail.New(fail.CodeExists, "container with this ID exists, need another ID or gt-oci delete %s", id)
	}
	if err != nil {
		return nil, &os.PathError{Op: "mkdir", Path: e.dir, Err: err}
	}
	return e, e.Lock()
}

// Entry finds a container. Engines look for "does not exist".
func (r *Root) Entry(id string) (*Entry, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	e := &Entry{ID: id, dir: filepath.Join(r.dir, id), lock: -1}
	var st unix.Stat_t
	if err := unix.Lstat(e.dir, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil, fail.New(fail.CodeNoSuch, "container %q does not exist", id)
	}
	return e, nil
}

// List finds all containers, in order of name.
func (r *Root) List() ([]*Entry, error) {
	names, err := os.ReadDir(r.dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var list []*Entry
	for _, n := range names {
		if n.IsDir() && CheckID(n.Name()) == nil && !strings.HasPrefix(n.Name(), ".") {
			list = append(list, &Entry{ID: n.Name(), dir: filepath.Join(r.dir, n.Name()), lock: -1})
		}
	}
	return list, err
}

// Removed finds what Remove had begun on when it was killed.
func (r *Root) Removed() ([]string, error) { return filepath.Glob(filepath.Join(r.dir, ".removed-*")) }

// Lock waits for the container's lock and holds it until Unlock or exit.
func (e *Entry) Lock() error {
	fd, err := unix.Open(e.Path("lock"), unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err == unix.ENOENT {
		return fail.New(fail.CodeNoSuch, "container %q does not exist", e.ID)
	}
	if err != nil {
		return err
	}
	for {
		err = unix.Flock(fd, unix.LOCK_EX)
		if err != unix.EINTR {
			break
		}
	}
	e.lock = fd
	return err
}

// Busy tells whether somebody else holds the lock right now.
func (e *Entry) Busy() bool {
	fd, err := unix.Open(e.Path("lock"), unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK
}

// Unlock lets the lock go.
func (e *Entry) Unlock() {
	if e.lock >= 0 {
		_ = unix.Close(e.lock)
		e.lock = -1
	}
}

// Path is a file of the entry.
func (e *Entry) Path(name string) string { return filepath.Join(e.dir, name) }

// ErrNoState is an entry without state.json: its create has not got so far, or
// was killed.
var ErrNoState = errors.New("have no state.json")

// WriteState replaces state.json at once.
func (e *Entry) WriteState(s *State) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return e.write("state.json", b)
}

// WriteConfig keeps the frozen copy of config.json.
func (e *Entry) WriteConfig(raw []byte) error { return e.write("config.json", raw) }

// ReadConfig returns the frozen copy of config.json.
func (e *Entry) ReadConfig() ([]byte, error) { return os.ReadFile(e.Path("config.json")) }

func (e *Entry) write(name string, b []byte) error {
	tmp := e.Path("." + name)
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, e.Path(name))
}

// ReadState reads state.json.
func (e *Entry) ReadState() (*State, error) {
	b, err := os.ReadFile(e.Path("state.json"))
	if os.IsNotExist(err) {
		return nil, &fail.Error{Code: fail.CodeStatus, Path: e.Path("state.json"), Cause: ErrNoState, Hint: "its create was interrupted; gt-oci gc removes it"}
	}
	if err != nil {
		return nil, err
	}
	s := &State{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: e.Path("state.json"), Cause: err}
	}
	if s.ID != e.ID {
		return nil, &fail.Error{Code: fail.CodeInput, Path: e.Path("state.json"), Cause: errors.New("id is " + strconv.Quote(s.ID) + ", need the directory's name")}
	}
	return s, nil
}

// GatePath is the fifo at which the first process waits for start.
func (e *Entry) GatePath() string { return e.Path("gate") }

// MakeGate makes the fifo.
func (e *Entry) MakeGate() error {
	if err := unix.Mkfifo(e.GatePath(), 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: e.GatePath(), Err: err}
	}
	return nil
}

// RemoveGate says that the container was started.
func (e *Entry) RemoveGate() error {
	err := unix.Unlink(e.GatePath())
	if err == unix.ENOENT {
		return nil
	}
	return err
}

// Status derives the status from what is alive and whether the gate is there.
func (e *Entry) Status(s *State) (Status, error) {
	if s.Pid == 0 {
		return Creating, nil
	}
	boot, err := BootID()
	if err != nil {
		return "", err
	}
	if boot != s.BootID {
		return Stopped, nil
	}
	alive, err := Alive(s.Pid, s.PidStart)
	if err != nil || !alive {
		return Stopped, err
	}
	var st unix.Stat_t
	if unix.Lstat(e.GatePath(), &st) == nil {
		return Created, nil
	}
	return Running, nil
}

// Remove takes the entry away; the rename first, so that no half of it is ever
// found under its name.
func (e *Entry) Remove() error {
	gone := filepath.Join(filepath.Dir(e.dir), ".removed-"+e.ID+"-"+strconv.Itoa(os.Getpid()))
	if err := os.Rename(e.dir, gone); err != nil {
		return err
	}
	e.Unlock()
	return os.RemoveAll(gone)
}
