package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// mostSockets bounds what a service manager may hand over.
const mostSockets = 1000

// handed counts the sockets that systemd hands over from descriptor 3 on
// (sd_listen_fds(3)). Those for another process, or for nobody, are none.
func handed() (int, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return 0, nil
	}
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil || n < 0 || n > mostSockets {
		return 0, fail.Usage("LISTEN_FDS: have %q, need a number up to %d", os.Getenv("LISTEN_FDS"), mostSockets)
	}
	for fd := 3; fd < 3+n; fd++ {
		unix.CloseOnExec(fd)
	}
	return n, nil
}

// activation passes the sockets on to the command, which is process 1 there.
func (o *options) activation(w *wish) (err error) {
	if w.sockets, err = handed(); err != nil || w.sockets == 0 {
		return err
	}
	if o.Init {
		return fail.Usage("--init and sockets of systemd are both there, need one: they are for process 1")
	}
	w.Env = append(w.Env, "LISTEN_PID=1", "LISTEN_FDS="+strconv.Itoa(w.sockets))
	if names := os.Getenv("LISTEN_FDNAMES"); names != "" {
		w.Env = append(w.Env, "LISTEN_FDNAMES="+names)
	}
	return nil
}

// inherited are the descriptors of a tool after 2: the sockets, then the log.
func (w *wish) inherited(log *os.File) []*os.File {
	var files []*os.File
	for i := range w.sockets {
		files = append(files, os.NewFile(uintptr(3+i), "socket"))
	}
	return append(files, log)
}
