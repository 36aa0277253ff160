// Package relay is networks without root: pasta(1) or slirp4netns(1), a process
// in user space that carries what a container sends through sockets of the
// caller's. It is known by a path below the state directory that stands in its
// command line, so it is found again whoever was killed, and no other process
// is ever taken for it.
package relay

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// A Relay is one process for one container.
type Relay struct {
	Kind   string // pasta or slirp4netns
	Base   string // its files are Base.pid, Base.sock and Base.log
	Pid    int    // the container's first process
	IfName string
	MTU    int
	MAC    string
	Net    string // slirp4netns: its network
	IP     []string
	Gates  []string
	Ports  []store.Port
}

// Kinds are the programs that can be one.
var Kinds = []string{"pasta", "slirp4netns"}

// Start runs the program and comes back when the container's interface is up.
func (r *Relay) Start() (pid int, err error) {
	exe, err := exec.LookPath(r.Kind)
	if err != nil {
		return 0, fail.New(fail.CodeHost, "program %s is not in PATH, need it for mode %s", r.Kind, r.Kind)
	}
	if err := tunnel(); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(r.Base), 0o700); err != nil {
		return 0, err
	}
	log, err := os.OpenFile(r.Base+".log", os.O_CREATE|os.O_TRUNC|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	cmd := &exec.Cmd{Path: exe, Stdout: log, Stderr: log, Env: []string{"PATH=" + os.Getenv("PATH")}}
	if r.Kind == "pasta" {
		return r.pasta(cmd)
	}
	return r.slirp(cmd)
}

// tunnel makes sure that the caller may make the interface at all.
func tunnel() error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fail.Error{Op: "open", Path: "/dev/net/tun", Cause: err}
	}
	return unix.Close(fd)
}

// proc is a namespace of the container.
func (r *Relay) proc(kind string) string { return fmt.Sprintf("/proc/%d/ns/%s", r.Pid, kind) }

// ownUser tells whether the container has a user namespace of its own, which
// has to be entered first.
func (r *Relay) ownUser() bool {
	mine, err := os.Readlink("/proc/self/ns/user")
	its, err2 := os.Readlink(r.proc("user"))
	return err == nil && err2 == nil && mine != its
}

// why is what the program said, its last line that says something.
func (r *Relay) why(err error) error {
	text, readErr := os.ReadFile(r.Base + ".log")
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	said := ""
	for line := range bytes.Lines(text) {
		// pasta 2023 complains of a host without syslog, line by line.
		if s := strings.TrimSpace(string(line)); s != "" && !strings.HasPrefix(s, "Failed to send") {
			said = s
		}
	}
	if said == "" {
		return fmt.Errorf("%s: %w", r.Kind, err)
	}
	return fmt.Errorf("%s: %w: %s", r.Kind, err, said)
}

// Find is the process whose command line holds base, 0 if there is none.
func Find(base string) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != os.Getpid() && is(pid, base) {
			return pid, nil
		}
	}
	return 0, nil
}

// is tells whether a process is the relay of base.
func is(pid int, base string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(append([]byte{0}, line...), []byte("\x00"+base+"."))
}

// Alive tells whether the relay of base runs.
func Alive(pid int, start uint64, base string) bool {
	alive, err := state.Alive(pid, start)
	return err == nil && alive && is(pid, base)
}

// Stop kills the relay of base, waits for its end, and removes its files; none
// is no error. It has nothing to save.
func Stop(base string) error {
	for {
		pid, err := Find(base)
		if err != nil {
			return err
		}
		if pid == 0 {
			break
		}
		if err := kill(pid, base); err != nil {
			return err
		}
	}
	for _, end := range []string{".pid", ".sock", ".log"} {
		if err := os.Remove(base + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// kill ends one process by its pidfd, which can mean no other.
func kill(pid int, base string) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if !is(pid, base) {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
