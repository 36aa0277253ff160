package roster

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
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

// answers tells whether a monitor listens in its data.
func answers(data string) bool {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return sys.Reach(data+"/ctl", func(sa *unix.SockaddrUnix) error { return unix.Connect(fd, sa) }) == nil
}
