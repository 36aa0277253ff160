package cgroup

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Window is what the kernel looks back on to tell of pressure, in microseconds. Who
// has no CAP_SYS_RESOURCE gets multiples of two seconds (accounting/psi.rst).
const Window = 2_000_000

// WatchMemory returns a descriptor that becomes readable when the use of the group
// passes a number of bytes, in either direction; -1 on v2, which does not tell
// (cgroup-v1/memory.rst, "Memory thresholds").
func (g *Group) WatchMemory(bytes uint64) (int, error) {
	dir := g.dir("memory")
	if g.mode == V2 || dir == "" {
		return -1, nil
	}
	fd, err := notified(dir, "memory.usage_in_bytes", " "+strconv.FormatUint(bytes, 10))
	if err != nil {
		return -1, fail.New("", "watch the use of memory: %w", err)
	}
	return fd, nil
}

// WatchPressure returns a descriptor that has POLLPRI when processes of the group
// waited for cpu, memory or io during some microseconds of a Window; -1 where the
// group has no pressure.
func (g *Group) WatchPressure(kind string, stall uint64) (int, error) {
	dir := g.dirs[""]
	name := dir + "/" + kind + ".pressure"
	if dir == "" || !exists(name) {
		return -1, nil
	}
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fail.Error{Op: "open " + name, Cause: err}
	}
	when := "some " + strconv.FormatUint(min(max(stall, 1), Window), 10) + " " + strconv.Itoa(Window)
	if _, err := unix.Write(fd, []byte(when)); err != nil {
		_ = unix.Close(fd)
		return -1, &fail.Error{Op: "write " + strconv.Quote(when) + " to " + name, Cause: err}
	}
	return fd, nil
}
