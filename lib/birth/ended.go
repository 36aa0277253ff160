package birth

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth/inside"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// ended: the socket is closed and there was no verdict. Without a gate that is
// what executing the program looks like.
func (r *Request) ended(p *plan.Plan, pid int) error {
	step, begun := r.step()
	if t, ok := r.trouble(); ok {
		return Explain(p, t)
	}
	if gateOf(p) == 0 && begun && step == len(p.Steps)-1 {
		return r.executed(pid)
	}
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	e := fail.New(fail.CodeStep, "gt-init ended with exit code %d and no word", ws.ExitStatus())
	if ws.Signaled() {
		e = fail.New(fail.CodeStep, "gt-init was killed by signal %d (%v)", ws.Signal(), syscall.Signal(ws.Signal()))
		if r.Killed != nil {
			e.Hint = r.Killed()
		}
	}
	e.Op = "begin"
	if begun && step < len(p.Steps) {
		e.Op, e.Member = Words(&p.Steps[step]), p.Steps[step].Member
	}
	var why *fail.Error
	if errors.As(r.died(), &why) {
		why.Op = e.Op
		return why
	}
	return e
}

// executed: a program that has ended already may have had too little to begin
// with.
func (r *Request) executed(pid int) error {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err == nil && info.Signo == 0 {
		return nil
	}
	return r.died()
}

func (r *Request) died() error {
	if r.Died == nil {
		return nil
	}
	return r.Died()
}

// patience is what one step gets before it is asked whether it is stuck, in
// milliseconds; a hook has its own.
const patience = 5000

// watch waits for gt-init's next word where a birth may get stuck: in a limit
// that leaves no room for its program's pages the kernel reads them again and
// again, and kills nothing.
func (r *Request) watch(sock int, p *plan.Plan) error {
	if r.Stuck == nil {
		return nil
	}
	fds := []unix.PollFd{{Fd: int32(sock), Events: unix.POLLIN}}
	for {
		before, _ := r.step()
		if err := sys.Poll(fds, patience); err != nil || fds[0].Revents != 0 {
			return err
		}
		step, begun := r.step()
		if step != before || begun && step < len(p.Steps) && p.Steps[step].Op == plan.OpHook {
			continue
		}
		var why *fail.Error
		if errors.As(r.Stuck(), &why) {
			if why.Op = "begin"; begun && step < len(p.Steps) {
				why.Op = Words(&p.Steps[step])
			}
			return why
		}
	}
}

// openPage makes the page in which gt-init notes its step.
func (r *Request) openPage() error {
	fd, err := unix.MemfdCreate("gt-step", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	r.page = fd
	blank := [inside.PageTrouble + 2 + plan.MaxTrouble]byte{0xff, 0xff} // as long as what may stand there
	_, err = unix.Pwrite(fd, blank[:], 0)
	return err
}

// trouble is what gt-init left on the page because its filter forbade to send it.
func (r *Request) trouble() (plan.Trouble, bool) {
	var b [2 + plan.MaxTrouble]byte
	n, err := unix.Pread(r.page, b[:], inside.PageTrouble)
	size := int(b[0]) | int(b[1])<<8
	if err != nil || size == 0 || 2+size > n {
		return plan.Trouble{}, false
	}
	t, err := plan.DecodeTrouble(b[2 : 2+size])
	return t, err == nil
}

// step is where gt-init is, or was when it died.
func (r *Request) step() (step int, begun bool) {
	var b [2]byte
	n, err := unix.Pread(r.page, b[:], 0)
	step = int(b[0]) | int(b[1])<<8
	return step, err == nil && n == 2 && step != 0xffff
}
