package hook

import (
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// tail is how much of a hook's output an error carries.
const tail = 4096

// memory is a file that nothing can block on: a hook may leave its stdin
// unread, and write as much as it likes.
func memory(name string, text []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	if len(text) > 0 {
		if _, err := unix.Pwrite(fd, text, 0); err != nil {
			_ = unix.Close(fd)
			return nil, os.NewSyscallError("pwrite", err)
		}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// said is the end of what a hook wrote, with ": " in front.
func said(out *os.File) string {
	st, err := out.Stat()
	if err != nil || st.Size() == 0 {
		return ""
	}
	from := max(0, st.Size()-tail)
	b, err := io.ReadAll(io.NewSectionReader(out, from, tail))
	if text := strings.TrimSpace(string(b)); err == nil && text != "" {
		return ": " + text
	}
	return ""
}

// strays is the highest descriptor that an exec would leave open: containerd's
// shim hands some over, and --preserve-fds means the container, not hooks.
func strays() (int, error) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	highest := 2
	for _, n := range names {
		fd, err := strconv.Atoi(n)
		if err != nil || fd <= highest {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			highest = fd
		}
	}
	return highest, nil
}
