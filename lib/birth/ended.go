package birth

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth/inside"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// ended: the socket is closed and there was no verdict. Without a gate that is
// what executing the program looks like.
func (r *Request) ended(p *plan.Plan, pid int) error {
	step, named := StepOf(pid)
	if gateOf(p) == 0 && (!named || step == len(p.Steps)-1) {
		return r.executed(pid)
	}
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	if err := r.explainDead(pid); err != nil {
		return err
	}
	e := fail.New(fail.CodeStep, "gt-init ended with exit code %d and no word", ws.ExitStatus())
	if ws.Signaled() {
		e = fail.New(fail.CodeStep, "gt-init was killed by signal %d (%v)", ws.Signal(), syscall.Signal(ws.Signal()))
	}
	e.Op = "begin"
	if named && step < len(p.Steps) {
		e.Op, e.Member = Words(&p.Steps[step]), p.Steps[step].Member
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
	return r.explainDead(pid)
}

func (r *Request) explainDead(pid int) error {
	if r.Died == nil {
		return nil
	}
	return r.Died(pid)
}

// StepOf tells at which step a gt-init is, or was when it died; nothing once
// its program has been executed or it was reaped.
func StepOf(pid int) (step int, ok bool) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/comm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd)
	var name [32]byte
	n, err := unix.Read(fd, name[:])
	if err != nil {
		return 0, false
	}
	number, ok := strings.CutPrefix(strings.TrimSuffix(string(name[:n]), "\n"), inside.Name)
	if !ok {
		return 0, false
	}
	step, err = strconv.Atoi(number)
	return step, err == nil
}
