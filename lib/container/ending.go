package container

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// ending gives a program that was told to end the time to do so: kill does not
// wait, and the delete after it is not to be a race.
func (c *Container) ending() bool {
	fd, err := c.pidfd()
	if err != nil {
		return err == unix.ESRCH
	}
	defer unix.Close(fd)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	return sys.Poll(fds, patience) == nil && fds[0].Revents != 0
}

// patience of delete with a program that runs, in milliseconds.
const patience = 500
