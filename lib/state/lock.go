package state

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Lock waits for the container's lock and holds it until Unlock or exit. A
// container that was removed in the meantime does not exist.
func (e *Entry) Lock() error {
	_, err := e.flock(unix.LOCK_EX)
	return err
}

// TryLock takes the lock if nobody has it.
func (e *Entry) TryLock() (bool, error) { return e.flock(unix.LOCK_EX | unix.LOCK_NB) }

// Busy tells whether somebody else holds the lock right now.
func (e *Entry) Busy() bool {
	probe := Entry{ID: e.ID, dir: e.dir, lock: -1}
	got, err := probe.TryLock()
	probe.Unlock()
	return !got && err == nil
}

// Unlock lets the lock go.
func (e *Entry) Unlock() {
	if e.lock >= 0 {
		_ = unix.Close(e.lock)
		e.lock = -1
	}
}

func (e *Entry) flock(how int) (bool, error) {
	path := e.Path("lock")
	fd, err := open(path, unix.O_CREAT|unix.O_RDWR)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return false, noSuch(e.ID)
	}
	if err != nil {
		return false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	for {
		err = unix.Flock(fd, how)
		if err != unix.EINTR {
			break
		}
	}
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	switch {
	case err == nil && st.Nlink > 0:
		e.lock = fd
		return true, nil
	case err == nil: // Remove had it until now
		err = noSuch(e.ID)
	case err == unix.EWOULDBLOCK:
		err = nil
	default:
		err = &os.PathError{Op: "flock", Path: path, Err: err}
	}
	_ = unix.Close(fd)
	return false, err
}

func noSuch(id string) error {
	return fail.New(fail.CodeNoSuch, "container %q does not exist", id)
}
