// Package path opens names inside a root that somebody else controls. The root
// is an open directory; every name is resolved by the kernel with
// openat2(RESOLVE_IN_ROOT), so no symlink, no "..", and no magic link of /proc
// leads out of it, also while the tree is being changed.
//
// It is linked into gt-init and therefore keeps clear of fmt and os.
package path

import (
	"strings"

	"golang.org/x/sys/unix"
)

const resolve = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS

// Open opens name inside root. The descriptor is the caller's and
// close-on-exec.
func Open(root int, name string, flags int) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve}
	if name == "" {
		name = "."
	}
	for try := 0; ; try++ {
		fd, err := unix.Openat2(root, name, &how)
		// A rename somewhere in the tree makes the kernel give up
		// rather than guess (openat2(2), EAGAIN).
		if (err == unix.EAGAIN || err == unix.EINTR) && try < 128 {
			continue
		}
		return fd, err
	}
}

// MkdirAll opens the directory name inside root, making what is missing with
// mode. The descriptor (O_PATH) is the caller's.
func MkdirAll(root int, name string, mode uint32) (int, error) {
	fd, err := Open(root, name, unix.O_PATH|unix.O_DIRECTORY)
	if err != unix.ENOENT {
		return fd, err
	}
	parts := Split(name)
	// Walk down to the last directory that exists, following its symlinks
	// as the kernel does, then make the rest one by one.
	at, err := unix.FcntlInt(uintptr(root), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	for i, part := range parts {
		next, err := Open(root, strings.Join(parts[:i+1], "/"), unix.O_PATH|unix.O_DIRECTORY)
		if err == unix.ENOENT {
			next, err = mkdirAt(at, part, mode)
		}
		_ = unix.Close(at)
		if err != nil {
			return -1, err
		}
		at = next
	}
	return at, nil
}

func mkdirAt(at int, name string, mode uint32) (int, error) {
	if name == ".." {
		return -1, unix.EXDEV
	}
	if err := unix.Mkdirat(at, name, mode); err != nil && err != unix.EEXIST {
		return -1, err
	}
	// What was just made, or what somebody put there instead: never a link.
	return unix.Openat(at, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// Parent opens the directory that holds name inside root, making it with mode
// if it is missing, and returns the last component.
func Parent(root int, name string, mode uint32) (int, string, error) {
	parts := Split(name)
	if len(parts) == 0 || parts[len(parts)-1] == ".." {
		return -1, "", unix.EINVAL
	}
	last := len(parts) - 1
	fd, err := MkdirAll(root, strings.Join(parts[:last], "/"), mode)
	return fd, parts[last], err
}

// File opens the regular file (or whatever stands there but a directory) at
// name as O_PATH, making an empty one if there is none.
func File(root int, name string, mode uint32) (int, error) {
	fd, err := Open(root, name, unix.O_PATH)
	if err != unix.ENOENT {
		return fd, err
	}
	dir, base, err := Parent(root, name, 0o755)
	if err != nil {
		return -1, err
	}
	defer unix.Close(dir)
	fd, err = unix.Openat(dir, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil && err != unix.EEXIST {
		return -1, err
	}
	if err == nil {
		_ = unix.Close(fd)
	}
	return unix.Openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// Split returns the components of a name, without empty ones and dots.
func Split(name string) []string {
	var parts []string
	for len(name) > 0 {
		var part string
		part, name, _ = strings.Cut(name, "/")
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	return parts
}

// IsDir tells whether an open descriptor is a directory.
func IsDir(fd int) (bool, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return false, err
	}
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, nil
}
