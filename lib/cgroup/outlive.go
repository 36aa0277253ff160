package cgroup

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// Outlive waits, for ms milliseconds at most, until no process of the group is
// left, and tells whether some are after all.
func (g *Group) Outlive(ms int) (bool, error) {
	end := time.Now().Add(time.Duration(ms) * time.Millisecond)
	for {
		pids, err := g.Pids()
		if err != nil || len(pids) == 0 {
			return false, err
		}
		left := int(time.Until(end).Milliseconds())
		if left <= 0 {
			return true, nil
		}
		fd, err := unix.PidfdOpen(pids[0], 0)
		if err == unix.ESRCH {
			continue
		}
		if err != nil {
			return false, err
		}
		err = sys.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, left)
		_ = unix.Close(fd)
		if err != nil {
			return false, err
		}
	}
}
