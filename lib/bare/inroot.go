package bare

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const resolve = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS

// OpenIn opens name inside root, an open directory that somebody else may
// control: no symlink, no "..", and no magic link of /proc leads out of it, also
// while the tree is being changed (openat2(2), RESOLVE_IN_ROOT). The descriptor
// is the caller's and close-on-exec.
func OpenIn(root int, name string, flags int) (int, Errno) {
	return openIn(root, name, unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve})
}

// OpenPlain is OpenIn for a name without symlinks: one is ELOOP.
func OpenPlain(root int, name string, flags int) (int, Errno) {
	return openIn(root, name, unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve | unix.RESOLVE_NO_SYMLINKS})
}

// OpenHere is OpenIn that does not enter another mount either.
func OpenHere(root int, name string, flags int) (int, Errno) {
	return openIn(root, name, unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve | unix.RESOLVE_NO_XDEV})
}

func openIn(root int, name string, how unix.OpenHow) (int, Errno) {
	if name == "" {
		name = "."
	}
	for try := 0; ; try++ {
		fd, e := openat2(root, name, &how)
		// A rename somewhere in the tree makes the kernel give up
		// rather than guess (openat2(2), EAGAIN).
		if (e == syscall.EAGAIN || e == syscall.EINTR) && try < 128 {
			continue
		}
		if e != 0 {
			return -1, e
		}
		return fd, 0
	}
}

// component is the next component of name from at on, and where it ends; "" at
// the end. Empty ones and dots are none.
func component(name string, at int) (string, int) {
	for at < len(name) {
		end := len(name)
		if i := strings.IndexByte(name[at:], '/'); i >= 0 {
			end = at + i
		}
		if part := name[at:end]; part != "" && part != "." {
			return part, end
		}
		at = end + 1
	}
	return "", at
}

// MkdirIn opens the directory name inside root, making what is missing with
// mode. The descriptor (O_PATH) is the caller's.
func MkdirIn(root int, name string, mode uint32) (int, Errno) {
	fd, e := OpenIn(root, name, unix.O_PATH|unix.O_DIRECTORY)
	if e != syscall.ENOENT {
		return fd, e
	}
	// Walk down to the last directory that exists, following its symlinks
	// as the kernel does, then make the rest one by one.
	at, e := Dup(root)
	if e != 0 {
		return -1, e
	}
	for end := 0; ; {
		var part string
		if part, end = component(name, end); part == "" {
			return at, 0
		}
		next, e := OpenIn(root, name[:end], unix.O_PATH|unix.O_DIRECTORY)
		if e == syscall.ENOENT {
			next, e = MkdirAt(at, part, mode)
		}
		Close(at)
		if e != 0 {
			return -1, e
		}
		at = next
	}
}

// MkdirAt opens the directory name in the directory at, making it with mode if it
// is missing. A link in its place is refused.
func MkdirAt(at int, name string, mode uint32) (int, Errno) {
	if name == ".." {
		return -1, syscall.EXDEV
	}
	if e := Mkdir(at, name, mode); e != 0 && e != syscall.EEXIST {
		return -1, e
	}
	// What was just made, or what somebody put there instead: never a link.
	return Open(at, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
}

// ParentIn opens the directory that holds name inside root, making it with mode
// if it is missing, and returns the last component.
func ParentIn(root int, name string, mode uint32) (int, string, Errno) {
	last, before := "", 0
	for end := 0; ; {
		var part string
		if part, end = component(name, end); part == "" {
			break
		}
		last, before = part, end-len(part)
	}
	if last == "" || last == ".." {
		return -1, "", syscall.EINVAL
	}
	fd, e := MkdirIn(root, name[:before], mode)
	return fd, last, e
}

// FileIn opens the regular file (or whatever stands there but a directory) at
// name as O_PATH, making an empty one if there is none.
func FileIn(root int, name string, mode uint32) (int, Errno) {
	fd, e := OpenIn(root, name, unix.O_PATH)
	if e != syscall.ENOENT {
		return fd, e
	}
	dir, base, e := ParentIn(root, name, 0o755)
	if e != 0 {
		return -1, e
	}
	fd, e = Open(dir, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW, mode)
	if e == 0 {
		Close(fd)
	}
	if e == 0 || e == syscall.EEXIST {
		fd, e = Open(dir, base, unix.O_PATH|unix.O_NOFOLLOW, 0)
	}
	Close(dir)
	return fd, e
}

// IsDir tells whether an open descriptor is a directory.
func IsDir(fd int) (bool, Errno) {
	var st unix.Stat_t
	e := Fstat(fd, &st)
	return e == 0 && st.Mode&unix.S_IFMT == unix.S_IFDIR, e
}
