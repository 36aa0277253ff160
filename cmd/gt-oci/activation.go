package main

import (
	"os"
	"strconv"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// activation passes on the sockets that systemd gave to this process, before
// those of --preserve-fds (sd_listen_fds(3)).
func (m *makeOptions) activation() error {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil
	}
	text := os.Getenv("LISTEN_FDS")
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return fail.Usage("LISTEN_FDS: have %q, need a number up to 255", text)
	}
	m.Preserve += int(n)
	m.Env = []string{"LISTEN_PID=1", "LISTEN_FDS=" + text}
	if names := os.Getenv("LISTEN_FDNAMES"); names != "" {
		m.Env = append(m.Env, "LISTEN_FDNAMES="+names)
	}
	return nil
}
