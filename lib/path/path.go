// Package path opens names inside a root that somebody else controls, for
// programs that want errors. The root is an open directory; lib/bare does the
// work, by openat2(RESOLVE_IN_ROOT).
package path

import (
	"github.com/gophertainer/gophertainer/lib/bare"
)

// Open opens name inside root. The descriptor is the caller's and
// close-on-exec.
func Open(root int, name string, flags int) (int, error) {
	fd, e := bare.OpenIn(root, name, flags)
	return fd, bare.None(e)
}

// MkdirAll opens the directory name inside root, making what is missing with
// mode. The descriptor (O_PATH) is the caller's.
func MkdirAll(root int, name string, mode uint32) (int, error) {
	fd, e := bare.MkdirIn(root, name, mode)
	return fd, bare.None(e)
}

// File opens the regular file (or whatever stands there but a directory) at
// name as O_PATH, making an empty one with mode if there is none.
func File(root int, name string, mode uint32) (int, error) {
	fd, e := bare.FileIn(root, name, mode)
	return fd, bare.None(e)
}
