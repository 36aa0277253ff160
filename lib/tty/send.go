package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// Send hands the master of a pty to the engine that listens at the console
// socket: one message whose payload is the name of master and whose control
// part is the descriptor (SCM_RIGHTS). The engine then owns a descriptor of its
// own; master stays the caller's.
func Send(socketPath string, master *os.File) error {
	fd, err := sys.Dial(socketPath)
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
