package sys

import (
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Dial connects a stream to the socket at path. The descriptor is the caller's.
func Dial(path string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = Reach(path, func(sa *unix.SockaddrUnix) error {
		for {
			err := unix.Connect(fd, sa)
			if err != unix.EINTR {
				return err
			}
		}
	})
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Reach calls do with an address for path. A leading @ would mean an abstract
// socket, which every container in the host's network namespace can reach, so
// the path is made explicit. One too long for sockaddr_un (108 bytes) is reached
// through its directory.
func Reach(path string, do func(*unix.SockaddrUnix) error) error {
	if path == "" {
		return unix.EINVAL
	}
	if path[0] == '@' {
		path = "./" + path
	}
	if len(path) < len(unix.RawSockaddrUnix{}.Path) {
		return do(&unix.SockaddrUnix{Name: path})
	}
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	return do(&unix.SockaddrUnix{Name: "/proc/self/fd/" + strconv.Itoa(dir) + "/" + filepath.Base(path)})
}
