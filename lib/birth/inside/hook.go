package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// hook runs a program with the state on its stdin: createContainer hooks before
// the pivot, by host paths; startContainer hooks after the gate, by the
// container's (runtime-spec config.md, "POSIX-platform Hooks").
func (b *birth) hook(s *plan.Step) bare.Errno {
	in, e := memory(s.Data)
	if e != 0 {
		return e
	}
	defer bare.Close(in)
	out, e := bare.Memfd("output") // takes all that a hook says without making it wait
	if e != 0 {
		return e
	}
	defer bare.Close(out)
	begun := bare.Now()
	p := sys.Program{Path: s.Path, Args: s.Args, Env: s.Env, Files: [3]int{in, out, out}}
	pid, pidfd, e := p.Launch()
	if e != 0 {
		b.note = s.Path
		return e
	}
	e = b.await(s, pid, pidfd)
	bare.Close(pidfd)
	if e != 0 {
		b.note = b.report(s.Path, (bare.Now()-begun)/1e6, out)
	}
	return e
}

// report is what the sentence about a failed hook is made of: its path, the
// time it took in milliseconds, and the end of what it said, with a NUL between.
func (b *birth) report(path string, ms int64, out int) string {
	n := copy(b.words[:len(b.words)/2], path)
	b.words[n] = 0
	n++
	digits := 1
	for rest := ms; rest >= 10; rest /= 10 {
		digits++
	}
	for i := digits - 1; i >= 0; i-- {
		b.words[n+i] = byte('0' + ms%10)
		ms /= 10
	}
	n += digits
	b.words[n] = 0
	n++
	var st unix.Stat_t
	if bare.Fstat(out, &st) != 0 {
		return bare.Text(b.words[:n])
	}
	room := int64(len(b.words) - n)
	said, e := bare.Pread(out, b.words[n:], max(0, st.Size-room))
	if e == 0 {
		n += said
	}
	return bare.Text(b.words[:n])
}

func (b *birth) await(s *plan.Step, pid, pidfd int) bare.Errno {
	timeout := -1
	if len(s.Nums) > 0 {
		timeout = int(s.Nums[0]) * 1000
	}
	if !ended(pidfd, timeout) {
		sys.Signal(pidfd, unix.SIGKILL)
		b.why = plan.WhyTimeout
	}
	status, e := sys.Reap(pid)
	if e != 0 {
		return e
	}
	if b.why == plan.WhyTimeout || status != 0 {
		if b.why != plan.WhyTimeout {
			b.why = plan.WhyHook
		}
		return bare.Errno(status)
	}
	return 0
}

// memory is an anonymous file holding text: a hook that does not read it
// cannot block us.
func memory(text string) (int, bare.Errno) {
	fd, e := bare.Memfd("state")
	if e != 0 {
		return -1, e
	}
	n, e := bare.Write(fd, text)
	if e == 0 && n < len(text) {
		e = syscall.EIO
	}
	if e == 0 {
		e = bare.Rewind(fd)
	}
	if e != 0 {
		bare.Close(fd)
		return -1, e
	}
	return fd, 0
}

func ended(pidfd, timeout int) bool {
	fds := [1]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	deadline := bare.Now() + int64(timeout)*1e6
	for {
		n, e := bare.Poll(fds[:], timeout)
		if e != syscall.EINTR {
			return n > 0
		}
		if timeout >= 0 {
			timeout = max(0, int((deadline-bare.Now())/1e6))
		}
	}
}
