package tty

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Send hands the master of a pty to the engine that listens at the console
// socket: one message whose payload is the name of master and whose control
// part is the descriptor (SCM_RIGHTS). The engine then owns a descriptor of its
// own; master stays the caller's. A path too long for sockaddr_un (108 bytes)
// is reached through its directory.
func Send(socketPath string, master *os.File) error {
	fd, err := dial(socketPath)
	if err != nil {
		return fmt.Errorf("connect console socket %s: %w", socketPath, err)
	}
	defer unix.Close(fd)
	name := master.Name()
	if name == "" || len(name) > maxName {
		name = "/dev/ptmx"
	}
	err = control(master, func(m int) error {
		return unix.Sendmsg(fd, []byte(name), unix.UnixRights(m), nil, unix.MSG_NOSIGNAL)
	})
	if err != nil {
		return fmt.Errorf("send terminal to %s: %w", socketPath, err)
	}
	return nil
}

// maxName is the longest name that receivers in the field have room for.
const maxName = 4096

func dial(path string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = reach(path, func(sa *unix.SockaddrUnix) error {
		for {
			err := unix.Connect(fd, sa)
			if err != unix.EINTR {
				return err
			}
		}
	})
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// reach calls do with an address for path. A leading @ would mean an abstract
// socket, which every container in the host's network namespace can reach, so
// the path is made explicit.
func reach(path string, do func(*unix.SockaddrUnix) error) error {
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
