// Package own lets a person without privilege be root over the ids that
// /etc/subuid and /etc/subgid give, in a user namespace of the program's own.
package own

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/idmap"
)

// mark is the descriptor, in the environment, on which a child waits for its
// maps.
const mark = "_GT_ROOTFS_MAPS"

// Await is called first of all: a child of Enter waits for its maps here, and
// begins again with them. An exec before would have lost all capabilities
// (user_namespaces(7)).
func Await() {
	text := os.Getenv(mark)
	if text == "" {
		return
	}
	fd, err := strconv.Atoi(text)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(fd), "maps")
	var b [1]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		os.Exit(1) // the parent says why
	}
	_ = f.Close()
	_ = os.Unsetenv(mark)
	err = syscall.Exec("/proc/self/exe", os.Args, os.Environ())
	os.Stderr.WriteString("gt-rootfs: begin again: " + err.Error() + "\n")
	os.Exit(1)
}

// Needed tells whether this process is neither root nor already inside.
func Needed() bool { return os.Geteuid() != 0 }

// ErrNone is a host that lets this user have no user namespace.
var ErrNone = errors.New("no user namespace")

// Enter runs the same command line as root of a new user namespace and returns
// its exit code.
func Enter() (int, error) {
	maps, err := idmap.Default()
	if err != nil {
		return 0, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer w.Close()
	p, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{
		Env:   append(os.Environ(), mark+"=3"),
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr, r},
		Sys:   &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, Pdeathsig: unix.SIGKILL},
	})
	_ = r.Close()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EINVAL) {
		return 0, ErrNone
	}
	if err != nil {
		return 0, err
	}
	// It has the terminal and gets the signals of the terminal itself; it
	// tidies up and ends, and only then do we.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		for s := range signals {
			_ = p.Signal(s)
		}
	}()
	if err = maps.Write(p.Pid); err == nil {
		_, err = w.Write([]byte{1})
	}
	_ = w.Close()
	state, wait := p.Wait()
	signal.Stop(signals)
	close(signals)
	if err == nil {
		err = wait
	}
	if err != nil {
		return 0, err
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return state.ExitCode(), nil
}
