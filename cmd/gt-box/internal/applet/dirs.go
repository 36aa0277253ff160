package applet

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mkdir [-p] [-m mode] dir…
func mkdir(args []string) int {
	f, names, err := options(args, "pm:v")
	if err != nil || len(names) == 0 {
		return misuse(args, "usage: mkdir [-p] [-m mode] dir…")
	}
	mode, err := strconv.ParseUint(f.value('m', "777"), 8, 12)
	if err != nil {
		return misuse(args, "%s: need an octal mode", f.value('m', ""))
	}
	return each(args, names, func(name string) error {
		if f.has('p') {
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				return err
			}
		}
		err := unix.Mkdir(name, uint32(mode))
		if f.has('p') && err == unix.EEXIST && isDir(name) {
			return nil
		}
		if err == nil && f.has('m') {
			err = unix.Chmod(name, uint32(mode))
		}
		return err
	})
}

func isDir(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.IsDir()
}

// rmdir [-p] dir…
func rmdir(args []string) int {
	f, names, err := options(args, "p")
	if err != nil || len(names) == 0 {
		return misuse(args, "usage: rmdir [-p] dir…")
	}
	return each(args, names, func(name string) error {
		if err := unix.Rmdir(name); err != nil || !f.has('p') {
			return err
		}
		for dir := filepath.Dir(strings.TrimRight(name, "/")); dir != "." && dir != "/"; dir = filepath.Dir(dir) {
			if err := unix.Rmdir(dir); err != nil {
				return err
			}
		}
		return nil
	})
}
