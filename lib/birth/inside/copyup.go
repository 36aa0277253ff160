package inside

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// copyUp fills a new tmpfs, not attached yet, with what the root has at its
// place (mount option tmpcopyup, as runc and crun have it). Nothing there is
// nothing to copy.
func (b *birth) copyUp(tree int, s *plan.Step) bare.Errno {
	from, e := bare.OpenIn(b.root, s.Path, unix.O_RDONLY|unix.O_DIRECTORY)
	if e == syscall.ENOENT {
		return 0
	}
	if e != 0 {
		return e
	}
	defer bare.Close(from)
	to, e := bare.Open(tree, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if e != 0 {
		return e
	}
	defer bare.Close(to)
	return b.copyDir(from, to)
}

// copyDir copies what is in a directory, and then the directory's own
// attributes.
func (b *birth) copyDir(from, to int) bare.Errno {
	var buf [4096]byte
	for {
		n, e := bare.Entries(from, buf[:])
		if e != 0 {
			return e
		}
		if n <= 0 {
			break
		}
		for at := 0; at < n; {
			name, next := entry(buf[at:n])
			at += next
			if name == "." || name == ".." {
				continue
			}
			if e := b.copyEntry(from, to, name); e != 0 {
				b.note = b.keepName(name)
				return e
			}
		}
	}
	var st unix.Stat_t
	if e := bare.Fstat(from, &st); e != 0 {
		return e
	}
	return own(to, "", &st)
}

// entry takes a struct linux_dirent64 (getdents(2)): length at 16, name from 19.
func entry(b []byte) (name string, length int) {
	length = int(b[16]) | int(b[17])<<8
	name, _, _ = strings.Cut(bare.Text(b[19:length]), "\x00")
	return name, length
}

// keepName copies a name that is about to be lost with its directory's buffer;
// the innermost stays.
func (b *birth) keepName(name string) string {
	if b.note != "" {
		return b.note
	}
	return bare.Text(b.words[:copy(b.words[:], name)])
}

func (b *birth) copyEntry(from, to int, name string) bare.Errno {
	var st unix.Stat_t
	if e := bare.Stat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW); e != 0 {
		return e
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return b.copySub(from, to, name)
	case unix.S_IFREG:
		if e := copyFile(from, to, name); e != 0 {
			return e
		}
	case unix.S_IFLNK:
		var target [unix.PathMax]byte
		n, e := bare.Readlink(from, name, target[:])
		if e != 0 {
			return e
		}
		if e := bare.Symlink(bare.Text(target[:n]), to, name); e != 0 {
			return e
		}
	default:
		if e := bare.Mknod(to, name, st.Mode, st.Rdev); e != 0 {
			return e
		}
	}
	return own(to, name, &st)
}

func (b *birth) copySub(from, to int, name string) bare.Errno {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	if e := bare.Mkdir(to, name, 0o700); e != 0 {
		return e
	}
	src, e := bare.Open(from, name, flags, 0)
	if e != 0 {
		return e
	}
	defer bare.Close(src)
	dst, e := bare.Open(to, name, flags, 0)
	if e != 0 {
		return e
	}
	defer bare.Close(dst)
	return b.copyDir(src, dst)
}

func copyFile(from, to int, name string) bare.Errno {
	src, e := bare.Open(from, name, unix.O_RDONLY|unix.O_NOFOLLOW, 0)
	if e != 0 {
		return e
	}
	defer bare.Close(src)
	dst, e := bare.Open(to, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if e != 0 {
		return e
	}
	defer bare.Close(dst)
	for {
		n, e := bare.Sendfile(dst, src, 1<<20)
		if e != 0 {
			return e
		}
		if n == 0 {
			return 0
		}
	}
}

// own gives name in a directory, or the directory itself, the owner, mode and
// times of st: the owner first, because chown takes set-id bits away.
func own(dir int, name string, st *unix.Stat_t) bare.Errno {
	const flags = unix.AT_EMPTY_PATH | unix.AT_SYMLINK_NOFOLLOW
	if e := bare.Chown(dir, name, bare.Owner{UID: st.Uid, GID: st.Gid}, flags); e != 0 {
		return e
	}
	switch {
	case name == "":
		if e := bare.Fchmod(dir, st.Mode&0o7777); e != 0 {
			return e
		}
	case st.Mode&unix.S_IFMT != unix.S_IFLNK:
		if e := bare.Chmod(dir, name, st.Mode&0o7777); e != 0 {
			return e
		}
	}
	return bare.Times(dir, name, &[2]unix.Timespec{st.Atim, st.Mtim}, flags)
}
