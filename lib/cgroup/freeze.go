package cgroup

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Freeze stops every process of the group, and returns when all stand still.
func (g *Group) Freeze() error { return g.freeze(true) }

// Thaw lets them go on.
func (g *Group) Thaw() error { return g.freeze(false) }

func (g *Group) freeze(on bool) error {
	if d := g.dir("freezer"); d != "" && g.mode != V2 {
		return freezeV1(d, on)
	}
	d := g.dirs[""]
	if d == "" {
		return fail.New(fail.CodeHost, "have no cgroup with a freezer, need controller freezer or cgroup2")
	}
	value := "0"
	if on {
		value = "1"
	}
	if err := write(d, "cgroup.freeze", value); err != nil {
		return err
	}
	return waitEvent(d, "frozen "+value)
}

// waitEvent waits for a line in cgroup.events, which the kernel announces by
// POLLPRI.
func waitEvent(dir, line string) error {
	fd, err := unix.Open(dir+"/cgroup.events", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	buf := make([]byte, 256)
	for range 100 {
		n, err := unix.Pread(fd, buf, 0)
		if err != nil {
			return err
		}
		if strings.Contains(string(buf[:n]), line) {
			return nil
		}
		_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}, 100)
		if err != nil && err != unix.EINTR {
			return err
		}
	}
	return fail.New(fail.CodeTimeout, "cgroup %s: have no %q after 10 s", dir, line)
}

// freezeV1: the v1 freezer has no event; it must be asked, and a fork in
// between makes it start again.
func freezeV1(dir string, on bool) error {
	want := "THAWED"
	if on {
		want = "FROZEN"
	}
	for i := range 1000 {
		if err := write(dir, "freezer.state", want); err != nil {
			return err
		}
		state, err := read(dir, "freezer.state")
		if err != nil || state == want {
			return err
		}
		_, _ = unix.Poll(nil, 1+i/100)
	}
	_ = write(dir, "freezer.state", "THAWED")
	return fail.New(fail.CodeTimeout, "cgroup %s does not become %s", dir, want)
}

// Frozen tells whether the group stands still.
func (g *Group) Frozen() (bool, error) {
	if d := g.dir("freezer"); d != "" && g.mode != V2 {
		state, err := word(d + "/freezer.state")
		return state == "FROZEN" || state == "FREEZING", err
	}
	if g.dirs[""] == "" {
		return false, nil
	}
	state, err := word(g.dirs[""] + "/cgroup.freeze")
	return state == "1", err
}

// word reads a file of one word in three calls: list does it for each
// container, and os.ReadFile makes nine, two of them in the scheduler's poller.
func word(path string) (string, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return "", &os.PathError{Op: "open", Path: path, Err: err}
		}
		defer unix.Close(fd)
		var buf [64]byte
		n, err := unix.Read(fd, buf[:])
		if err != nil {
			return "", &os.PathError{Op: "read", Path: path, Err: err}
		}
		return strings.TrimSpace(string(buf[:n])), nil
	}
}
