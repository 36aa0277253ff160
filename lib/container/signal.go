package container

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// signal is pidfd_send_signal(2) to the first process.
func (c *Container) signal(fd int, sig unix.Signal) error {
	err := unix.PidfdSendSignal(fd, sig, nil, 0)
	if err == nil || err == unix.ESRCH {
		return err
	}
	e := &fail.Error{Code: fail.CodePermission, Op: "signal process " + itoa(c.State.Pid), Cause: err}
	if name := profile(c.State.Pid); err == unix.EACCES && name != "" {
		e.Hint = "AppArmor profile " + name + " takes no signal from here, for which it needs the rule: signal (receive)"
	}
	return e
}

// profile is the AppArmor profile of a process, "" for none.
func profile(pid int) string {
	b, err := os.ReadFile("/proc/" + itoa(pid) + "/attr/apparmor/current")
	name, _, confined := strings.Cut(strings.TrimSpace(string(b)), " (")
	if err != nil || !confined {
		return ""
	}
	return name
}
