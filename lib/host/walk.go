package host

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// A walk finds files that others may not read, and directories that they may not
// enter. It looks at some thousand files at each start: names are read and looked
// at from the open directory, and no directory is sorted or kept.
type walk struct {
	closed []string
	spare  [][]byte // buffers for names
}

// into looks at a directory, path by its whole name.
func (w *walk) into(at int, name, path string) error {
	fd, err := unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	buf := w.take()
	defer func() { w.spare = append(w.spare, buf) }()
	for {
		n, err := unix.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		for rest := buf[:n]; len(rest) > nameAt; {
			// struct linux_dirent64: inode and offset of 8 bytes each, length, kind, name.
			length := int(rest[16]) | int(rest[17])<<8
			if length <= nameAt || length > len(rest) {
				return unix.EIO
			}
			if err := w.entry(fd, rest[18], rest[nameAt:length], path); err != nil {
				return err
			}
			rest = rest[length:]
		}
	}
}

const nameAt = 19

func (w *walk) take() []byte {
	if n := len(w.spare); n > 0 {
		buf := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return buf
	}
	return make([]byte, 8<<10)
}

func (w *walk) entry(dir int, kind byte, padded []byte, path string) error {
	n := bytes.IndexByte(padded, 0)
	name := string(padded[:max(n, 0)])
	if name == "" || name == "." || name == ".." || kind != unix.DT_REG && kind != unix.DT_DIR && kind != unix.DT_UNKNOWN {
		return nil
	}
	var st unix.Stat_t
	err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT || err == unix.EACCES {
		return nil
	}
	if err != nil {
		return err
	}
	whole := func() string { return path + "/" + name }
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o4 == 0,
		st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&0o1 == 0:
		w.closed = append(w.closed, whole())
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		err = w.into(dir, name, whole())
		if err == unix.ENOENT || err == unix.EACCES || err == unix.ENOTDIR {
			return nil
		}
	}
	return err
}
