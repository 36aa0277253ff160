package copy

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/idmap"
)

// A job copies one tree.
type job struct {
	owned  bool // owners are kept
	owners idmap.Maps
	depth  int
}

// keeps tells whether a copy has the owner that the file has.
func (j *job) keeps(st *unix.Stat_t) bool {
	if len(j.owners.UID) == 0 || !j.owned {
		return j.owned
	}
	_, uid := j.owners.UID.ToContainer(st.Uid)
	_, gid := j.owners.GID.ToContainer(st.Gid)
	return uid && gid
}

// maxDepth bounds a tree that grows while it is copied.
const maxDepth = 1000

// node copies what is called name in the directory src to the directory dst.
func (j *job) node(src int, name string, dst int, as string) error {
	fd, err := unix.Openat(src, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("stat %s: %w", name, err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		err = j.file(fd, &st, dst, as)
	case unix.S_IFDIR:
		err = j.dir(fd, &st, dst, as)
	case unix.S_IFLNK:
		err = j.link(fd, &st, dst, as)
	default:
		return fmt.Errorf("copy %s: it is a device, fifo or socket", name)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	return nil
}

// reopen makes an O_PATH descriptor one that reads: the file cannot be another
// one by now.
func reopen(fd, flags int) (*os.File, error) {
	name := fmt.Sprintf("/proc/self/fd/%d", fd)
	n, err := unix.Open(name, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(n), name), nil
}

// file writes a new file and puts it in place of an old one. What was there is
// never opened: it may be a link or a fifo.
func (j *job) file(fd int, st *unix.Stat_t, dst int, as string) error {
	in, err := reopen(fd, unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer in.Close()
	tmp := fmt.Sprintf(".gt-cp-%d-%d", os.Getpid(), j.depth)
	n, err := unix.Openat(dst, tmp, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(n), as)
	_, err = io.Copy(out, in)
	if err == nil {
		err = j.dress(n, st)
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = unix.Renameat(dst, tmp, dst, as)
	}
	if err != nil {
		_ = unix.Unlinkat(dst, tmp, 0)
	}
	return err
}

// dress gives a copy owner, mode and times. Setuid and setgid stay behind: a
// container must not make such a program on the host.
func (j *job) dress(fd int, st *unix.Stat_t) error {
	if j.keeps(st) {
		if err := unix.Fchown(fd, int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	if err := unix.Fchmod(fd, st.Mode&0o777); err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), []unix.Timespec{st.Atim, st.Mtim}, 0)
}

func (j *job) dir(fd int, st *unix.Stat_t, dst int, as string) error {
	j.depth++
	defer func() { j.depth-- }()
	if j.depth > maxDepth {
		return unix.ELOOP
	}
	in, err := reopen(fd, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := unix.Mkdirat(dst, as, 0o700); err != nil && err != unix.EEXIST {
		return err
	}
	out, err := unix.Openat(dst, as, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(out)
	names, err := in.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := j.node(int(in.Fd()), name, out, name); err != nil {
			return err
		}
	}
	if as == "." {
		return nil // it was there before, and stays what it was
	}
	return j.dress(out, st)
}

func (j *job) link(fd int, st *unix.Stat_t, dst int, as string) error {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil {
		return err
	}
	if err := unix.Unlinkat(dst, as, 0); err != nil && err != unix.ENOENT {
		return err
	}
	if err := unix.Symlinkat(string(buf[:n]), dst, as); err != nil {
		return err
	}
	if !j.keeps(st) {
		return nil
	}
	return unix.Fchownat(dst, as, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
}
