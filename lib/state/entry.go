package state

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Entry is one container in a state directory.
type Entry struct {
	ID   string
	dir  string
	lock int // descriptor of the lock file while it is held, else -1
}

// Dir is the entry's directory.
func (e *Entry) Dir() string { return e.dir }

// Path is a file of the entry; each has one tool that writes it.
func (e *Entry) Path(name string) string { return e.dir + "/" + name }

// ErrNoState is an entry without state.json: its create has not got so far, or
// was killed.
var ErrNoState = errors.New("have no state.json")

// WriteState replaces state.json at once.
func (e *Entry) WriteState(s *State) error { return e.write("state.json", encode(s)) }

// ReadState reads state.json.
func (e *Entry) ReadState() (*State, error) {
	path := e.Path("state.json")
	b, err := readFile(path)
	if os.IsNotExist(err) {
		if s, err := e.readPending(); err == nil && s.ID == e.ID {
			return s, nil
		}
		return nil, &fail.Error{Code: fail.CodeStatus, Path: path, Cause: ErrNoState, Hint: "its create was interrupted; gt-oci gc removes it"}
	}
	if err != nil {
		return nil, err
	}
	s, err := decode(b)
	if err == nil && s.ID != e.ID {
		err = errors.New("id is " + strconv.Quote(s.ID) + ", need the directory's name")
	}
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: path, Cause: err}
	}
	return s, nil
}

// WriteConfig keeps the frozen copy of config.json.
func (e *Entry) WriteConfig(raw []byte) error { return e.write("config.json", raw) }

// ReadConfig returns the frozen copy of config.json.
func (e *Entry) ReadConfig() ([]byte, error) { return os.ReadFile(e.Path("config.json")) }

// write replaces a file at once. No sync: the directory is on a tmpfs, and
// after a crash of the machine no container is left to describe.
func (e *Entry) write(name string, b []byte) error {
	tmp := e.Path("." + name)
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, e.Path(name))
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

// HoldGate says that the container is paused before its start, or is no longer.
// Status sees that where it looks anyway: start is to ask no cgroup.
func (e *Entry) HoldGate(on bool) error {
	mode := uint32(0o600)
	if on {
		mode |= held
	}
	err := unix.Chmod(e.GatePath(), mode)
	if err == nil || err == unix.ENOENT { // it was started, and has no gate any more
		return nil
	}
	return &os.PathError{Op: "chmod", Path: e.GatePath(), Err: err}
}

// held is a bit of the gate's mode that means nothing to a fifo.
const held = unix.S_IXUSR

// RemoveGate says that the container was started.
func (e *Entry) RemoveGate() error {
	err := unix.Unlink(e.GatePath())
	if err == nil || err == unix.ENOENT {
		return nil
	}
	return &os.PathError{Op: "unlink", Path: e.GatePath(), Err: err}
}

// Status derives the status from what is alive and whether somebody waits at the
// gate: one without a reader is left of a start that was killed. Whether one that
// was started is paused is for the caller to find, in the cgroup.
func (e *Entry) Status(s *State) (Status, error) {
	if s.Pid == 0 || s.Pending {
		return Creating, nil
	}
	if past, err := s.Past(); err != nil {
		return "", err
	} else if past {
		return Stopped, nil
	}
	alive, err := Alive(s.Pid, s.PidStart)
	if err != nil {
		return "", err
	}
	if !alive {
		return Stopped, nil
	}
	gate, err := open(e.GatePath(), unix.O_WRONLY|unix.O_NONBLOCK)
	switch err {
	case nil:
		var st unix.Stat_t
		err = unix.Fstat(gate, &st)
		_ = unix.Close(gate)
		if err != nil {
			return "", &os.PathError{Op: "fstat", Path: e.GatePath(), Err: err}
		}
		if st.Mode&held != 0 {
			return Paused, nil
		}
		return Created, nil
	case unix.ENOENT, unix.ENXIO:
		return Running, nil
	default:
		return "", &os.PathError{Op: "open", Path: e.GatePath(), Err: err}
	}
}
