package testscripts

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// waitPidfd waits until the process is gone, or the grace is over.
func waitPidfd(fd int, grace time.Duration) {
	for end := time.Now().Add(grace); ; {
		left := max(0, time.Until(end).Milliseconds())
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left)); err != unix.EINTR {
			return
		}
	}
}

// removeCgroups kills and thaws what is in the scenario's cgroups and removes
// them, children first. A cgroup stays busy for a moment after its last exit.
func (s *scene) removeCgroups() {
	dirs := s.cgroups()
	for _, dir := range dirs {
		os.WriteFile(filepath.Join(dir, "cgroup.freeze"), []byte("0"), 0)
		os.WriteFile(filepath.Join(dir, "freezer.state"), []byte("THAWED"), 0)
		procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		for _, p := range strings.Fields(string(procs)) {
			if pid, err := strconv.Atoi(p); err == nil && pid > 0 {
				unix.Kill(pid, unix.SIGKILL)
			}
		}
	}
	for _, dir := range slices.Backward(dirs) {
		for range 200 {
			if err := unix.Rmdir(dir); err != unix.EBUSY {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}
