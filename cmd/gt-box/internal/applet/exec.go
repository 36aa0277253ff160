package applet

import (
	"errors"
	"io/fs"
	"os/exec"

	"golang.org/x/sys/unix"
)

// execReason is why a command could not be run, without its name.
func execReason(err error) error {
	var e *exec.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("not found")
	}
	return why(err)
}

// execStatus is the status by which a shell tells that: 127 or 126.
func execStatus(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errno(err) == unix.ENOENT {
		return 127
	}
	return 126
}
