package inside

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// copyUp fills a new tmpfs, not attached yet, with what the root has at its
// place (mount option tmpcopyup, as runc and crun have it). Nothing there is
// nothing to copy.
func (b *birth) copyUp(tree int, s *plan.Step) error {
	from, err := path.Open(b.root, s.Path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := unix.Openat(tree, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	return b.copyDir(from, to)
}

// copyDir copies what is in a directory, and then the directory's own
// attributes.
func (b *birth) copyDir(from, to int) error {
	buf := make([]byte, 8192)
	for {
		n, err := unix.ReadDirent(from, buf)
		if err != nil {
			return err
		}
		if n <= 0 {
			break
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			if err := b.copyEntry(from, to, name); err != nil {
				b.note = name
				return err
			}
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(from, &st); err != nil {
		return err
	}
	return own(to, "", &st)
}

func (b *birth) copyEntry(from, to int, name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return b.copySub(from, to, name)
	case unix.S_IFREG:
		if err := copyFile(from, to, name); err != nil {
			return err
		}
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(from, name, target)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(string(target[:n]), to, name); err != nil {
			return err
		}
	default:
		if err := unix.Mknodat(to, name, st.Mode, int(st.Rdev)); err != nil {
			return err
		}
	}
	return own(to, name, &st)
}

func (b *birth) copySub(from, to int, name string) error {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	if err := unix.Mkdirat(to, name, 0o700); err != nil {
		return err
	}
	src, err := unix.Openat(from, name, flags, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := unix.Openat(to, name, flags, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	return b.copyDir(src, dst)
}

func copyFile(from, to int, name string) error {
	src, err := unix.Openat(from, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := unix.Openat(to, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	for {
		n, err := unix.Sendfile(dst, src, nil, 1<<20)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

// own gives name in a directory, or the directory itself, the owner, mode and
// times of st: the owner first, because chown takes set-id bits away.
func own(dir int, name string, st *unix.Stat_t) error {
	const flags = unix.AT_EMPTY_PATH | unix.AT_SYMLINK_NOFOLLOW
	if err := unix.Fchownat(dir, name, int(st.Uid), int(st.Gid), flags); err != nil {
		return err
	}
	switch {
	case name == "":
		if err := unix.Fchmod(dir, st.Mode&0o7777); err != nil {
			return err
		}
	case st.Mode&unix.S_IFMT != unix.S_IFLNK:
		if err := unix.Fchmodat(dir, name, st.Mode&0o7777, 0); err != nil {
			return err
		}
	}
	return unix.UtimesNanoAt(dir, name, []unix.Timespec{st.Atim, st.Mtim}, flags)
}
