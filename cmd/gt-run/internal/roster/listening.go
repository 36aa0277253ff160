package roster

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// listening finds the monitor that makes its container again, which has no entry
// meanwhile: its socket is in its data, its number in the file that it has locked.
func listening(data string) *Monitor {
	text, err := os.ReadFile(data + "/lock")
	if err != nil {
		return nil
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !answers(data) {
		return nil
	}
	return &Monitor{Pid: pid, Data: data, Phase: "waiting", listens: true}
}

// answers names the socket by its directory's descriptor: a path in sockaddr_un has
// 107 bytes at most.
func answers(data string) bool {
	dir, err := unix.Open(data, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(dir)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: "/proc/self/fd/" + strconv.Itoa(dir) + "/ctl"}) == nil
}
