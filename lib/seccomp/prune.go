package seccomp

import (
	"errors"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// keep is how many files the cache may have.
const keep = 64

// prune removes the oldest files beyond keep, and with them what a killed store
// has left behind. A file that another process removed meanwhile is gone too.
func (c *cache) prune() error {
	entries, err := os.ReadDir(c.path)
	if err != nil || len(entries) <= keep {
		return err
	}
	type file struct {
		name string
		time int64
	}
	files := make([]file, 0, len(entries))
	for _, e := range entries {
		var st unix.Stat_t
		err := unix.Fstatat(c.dir, e.Name(), &st, unix.AT_SYMLINK_NOFOLLOW)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return &os.PathError{Op: "stat", Path: c.path + "/" + e.Name(), Err: err}
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR { // not made by store
			files = append(files, file{e.Name(), st.Mtim.Nano()})
		}
	}
	slices.SortFunc(files, func(a, b file) int {
		if a.time < b.time {
			return -1
		}
		return 1
	})
	for _, f := range files[:max(0, len(files)-keep)] {
		if err := unix.Unlinkat(c.dir, f.name, 0); err != nil && !errors.Is(err, unix.ENOENT) {
			return &os.PathError{Op: "remove", Path: c.path + "/" + f.name, Err: err}
		}
	}
	return nil
}
