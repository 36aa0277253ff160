package cgroup

import (
	"encoding/binary"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// OOM tells when the group runs out of memory: by eventfd on v1
// (cgroup-v1/memory.rst, "OOM Control"), by inotify on v2.
type OOM struct {
	group *Group
	fd    int // becomes readable; -1 where there is no memory controller
	kills uint64
}

// WatchOOM begins to watch. Close it.
func (g *Group) WatchOOM() (*OOM, error) {
	w := &OOM{group: g, fd: -1}
	var err error
	if g.mode == V2 {
		if file := g.dirs[""] + "/memory.events"; exists(file) {
			if w.kills, err = g.OOMKills(); err == nil {
				w.fd, err = modified(file)
			}
		}
	} else if dir := g.dir("memory"); dir != "" {
		w.fd, err = notified(dir, "memory.oom_control", "")
	}
	if err != nil {
		return nil, fail.New("", "watch for the end of memory: %w", err)
	}
	return w, nil
}

// FD becomes readable when it may be time for Happened; -1 never does.
func (w *OOM) FD() int { return w.fd }

// Close ends the watch.
func (w *OOM) Close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
}

// Happened takes what is readable and counts how often memory has run out since
// the last call. The end of the group wakes the watch too.
func (w *OOM) Happened() (uint64, error) {
	var b [4096]byte
	n, err := unix.Read(w.fd, b[:])
	if err != nil && err != unix.EAGAIN && err != unix.EINTR {
		return 0, err
	}
	if w.group.mode != V2 {
		if n != 8 || !exists(w.group.dir("memory")+"/memory.oom_control") {
			return 0, nil
		}
		return binary.NativeEndian.Uint64(b[:8]), nil
	}
	kills, err := w.group.OOMKills()
	if err != nil {
		return 0, err
	}
	more := kills - min(kills, w.kills)
	w.kills = kills
	return more, nil
}

func exists(file string) bool {
	var st unix.Stat_t
	return unix.Stat(file, &st) == nil
}

func modified(file string) (int, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return -1, err
	}
	if _, err := unix.InotifyAddWatch(fd, file, unix.IN_MODIFY); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// notified makes an eventfd that the kernel counts up for a file of a v1 group.
func notified(dir, file, when string) (int, error) {
	control, err := os.Open(dir + "/" + file)
	if err != nil {
		return -1, err
	}
	defer control.Close()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return -1, err
	}
	if err := write(dir, "cgroup.event_control", strconv.Itoa(fd)+" "+strconv.Itoa(int(control.Fd()))+when); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
