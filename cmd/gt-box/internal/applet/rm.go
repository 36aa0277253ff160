package applet

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

var errDots = errors.New("refused: . and .. stay")

// rm [-rRf] file…
func rm(args []string) int {
	f, names, err := options(args, "rRfi")
	if err != nil || f.has('i') {
		return misuse(args, "usage: rm [-rf] file…")
	}
	if len(names) == 0 && !f.has('f') {
		return misuse(args, "need a file")
	}
	return each(args, names, func(name string) error {
		err := remove(name, f.has('r') || f.has('R'))
		if f.has('f') && errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
}

func remove(name string, tree bool) error {
	if base := filepath.Base(name); base == "." || base == ".." || name == "" {
		return errDots
	}
	err := unix.Unlink(name)
	if err != unix.EISDIR || !tree {
		return err
	}
	return os.RemoveAll(name)
}
