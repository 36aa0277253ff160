package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
)

// hook runs a program with the state on its stdin: createContainer hooks before
// the pivot, by host paths; startContainer hooks after the gate, by the
// container's (runtime-spec config.md, "POSIX-platform Hooks").
func (b *birth) hook(s *plan.Step) error {
	in, err := memory(s.Data)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	null, err := b.nullForHook()
	if err != nil {
		return err
	}
	defer unix.Close(null)
	pidfd := -1
	attr := &syscall.ProcAttr{Env: s.Env, Files: []uintptr{uintptr(in), uintptr(null), 2}, Sys: &syscall.SysProcAttr{PidFD: &pidfd}}
	pid, err := syscall.ForkExec(s.Path, s.Args, attr)
	if err != nil {
		b.note = s.Path
		return err
	}
	defer unix.Close(pidfd)
	timeout := -1
	if len(s.Nums) > 0 {
		timeout = int(s.Nums[0]) * 1000
	}
	if !ended(pidfd, timeout) {
		_ = unix.Kill(pid, unix.SIGKILL)
		b.why = plan.WhyTimeout
	}
	var ws syscall.WaitStatus
	for {
		if _, err = syscall.Wait4(pid, &ws, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return err
	}
	if b.why == plan.WhyTimeout || ws != 0 {
		if b.why != plan.WhyTimeout {
			b.why = plan.WhyHook
		}
		b.note = s.Path
		return syscall.Errno(ws)
	}
	return nil
}

// memory is an anonymous file holding text: a hook that does not read it
// cannot block us.
func memory(text string) (int, error) {
	fd, err := unix.MemfdCreate("state", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	if _, err := unix.Pwrite(fd, []byte(text), 0); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (b *birth) nullForHook() (int, error) {
	return unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
}

func ended(pidfd, timeout int) bool {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	deadline := now() + int64(timeout)*1e6
	for {
		n, err := unix.Poll(fds, timeout)
		if err != unix.EINTR {
			return n > 0
		}
		if timeout >= 0 {
			timeout = max(0, int((deadline-now())/1e6))
		}
	}
}
