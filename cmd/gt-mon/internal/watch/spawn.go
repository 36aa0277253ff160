package watch

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// spawn starts a command that the loop reaps; done, if not nil, gets its end.
func (m *Monitor) spawn(argv []string, done func(unix.WaitStatus)) error {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(null)
	_, err = m.spawnTo(argv, null, done)
	return err
}

func (m *Monitor) spawnTo(argv []string, out int, done func(unix.WaitStatus)) (int, error) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(null)
	pid, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
		Env: Environ(), Files: []uintptr{uintptr(null), uintptr(out), uintptr(out)}, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return 0, &fail.Error{Op: "start " + argv[0], Cause: err}
	}
	if done == nil {
		done = func(unix.WaitStatus) {}
	}
	m.jobs[pid] = done
	return pid, nil
}
