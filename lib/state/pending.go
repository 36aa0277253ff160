package state

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// pending is the state of a container that is being made. Its name ends where
// state.json begins: one rename is the moment from which the container is
// there, and whatever died before that is a leftover.
const pending = ".state.json"

// WritePending says what is being made, before it can outlive its maker.
func (e *Entry) WritePending(s *State) error {
	return os.WriteFile(e.Path(pending), encode(s), 0o600)
}

// Commit makes the pending state the state.
func (e *Entry) Commit() error { return os.Rename(e.Path(pending), e.Path("state.json")) }

// readPending is for who finds no state.json: a container that is being made,
// whose status is creating. Half of a file is none.
func (e *Entry) readPending() (*State, error) {
	b, err := os.ReadFile(e.Path(pending))
	if os.IsNotExist(err) { // committed meanwhile, or not written yet
		if b, err = os.ReadFile(e.Path("state.json")); err != nil {
			return nil, err
		}
		return decode(b)
	}
	if err != nil {
		return nil, err
	}
	s, err := decode(b)
	if err != nil || s.Pid == 0 {
		return nil, os.ErrNotExist
	}
	s.Pending = true
	return s, nil
}

// Note keeps a line in the lock file while the lock is held: what is about to
// be made elsewhere, recorded before it is made. It costs one write.
func (e *Entry) Note(text string) error {
	if e.lock < 0 {
		return errors.New("note in " + e.Path("lock") + ": have no lock, need it")
	}
	boot, err := BootID()
	if err != nil {
		return err
	}
	_, err = unix.Pwrite(e.lock, []byte(boot+"\x00"+text), 0)
	return err
}

// ReadNote returns what Note kept, "" if nothing: what was made in an earlier
// boot has ended with it.
func (e *Entry) ReadNote() (string, error) {
	b, err := os.ReadFile(e.Path("lock"))
	if os.IsNotExist(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	boot, err := BootID()
	if err != nil {
		return "", err
	}
	whose, text, _ := strings.Cut(string(b), "\x00")
	if whose != boot {
		return "", nil
	}
	return text, nil
}
