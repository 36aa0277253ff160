package birth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Explain turns what gt-init reported into the sentence for a person: the step
// in words, the member of the spec, the errno, and a hint that was probed.
func Explain(p *plan.Plan, t plan.Trouble) error {
	switch t.Why {
	case plan.WhyStamp:
		return fail.New(fail.CodeStamp, "gt-init is of another build, need the one built with gt-oci")
	case plan.WhyPlan:
		return fail.New(fail.CodeInternal, "gt-init cannot read step %d of its plan", t.Step)
	}
	if t.Step >= len(p.Steps) {
		return fail.New(fail.CodeInternal, "gt-init reports step %d of %d", t.Step, len(p.Steps))
	}
	s := &p.Steps[t.Step]
	e := &fail.Error{Code: fail.CodeStep, Op: Words(s), Member: s.Member, Errno: syscall.Errno(t.Errno)}
	switch s.Op {
	case plan.OpExec, plan.OpReady:
		explainExec(e, p, t)
		return e
	case plan.OpHook:
		explainHook(e, s, t)
		return e
	}
	e.Cause = cause(t)
	e.Hint = hint(p, t)
	return e
}

func cause(t plan.Trouble) error {
	errno := syscall.Errno(t.Errno)
	switch {
	case t.Why == plan.WhyEscape:
		return fmt.Errorf("%s is not what it has to be or leads out of the root, refused", t.Note)
	case t.Note != "":
		return fmt.Errorf("%s: %w", t.Note, errno)
	}
	return errno
}

// Words says a step as verb and object.
func Words(s *plan.Step) string {
	switch s.Op {
	case plan.OpMount:
		return "mount " + s.Type + " on " + s.Path
	case plan.OpBind:
		return "bind " + s.Source + " on " + s.Path
	case plan.OpRoot:
		return "bind root " + s.Source
	case plan.OpMknod:
		return "make device " + s.Path
	case plan.OpSymlink:
		return "link " + s.Path + " to " + s.Source
	case plan.OpRlimit, plan.OpSysctl:
		return "set " + s.Path
	case plan.OpUnshare:
		return "create namespace " + s.Path
	case plan.OpHostname, plan.OpDomainname:
		return "set " + s.Op.String() + " " + s.Data
	case plan.OpUser:
		return fmt.Sprintf("become user %d group %d", s.UID, s.GID)
	case plan.OpChdir:
		return "enter " + s.Path
	case plan.OpExec:
		return "execute " + s.Args[0]
	case plan.OpConsole:
		return "open the terminal"
	case plan.OpRuleset, plan.OpRestrict:
		return "restrict by Landlock"
	case plan.OpRule:
		if len(s.Nums) > 0 {
			return fmt.Sprintf("allow port %d", s.Nums[0])
		}
		return "allow " + s.Path
	case plan.OpHere:
		return "open the root"
	case plan.OpTime:
		if s.FD > 0 {
			return "join the time namespace"
		}
		return "set time offsets"
	case plan.OpScheduler, plan.OpIOPriority, plan.OpPersonality, plan.OpMemory:
		return strings.TrimSpace("set " + setting[s.Op] + " " + s.Path)
	case plan.OpLabel:
		return "set label " + strings.TrimPrefix(s.Data, "exec ")
	case plan.OpAffinity:
		return "bind to CPUs " + s.Path
	case plan.OpGroup:
		return "enter cgroup " + s.Path
	case plan.OpPivot:
		return "pivot to the root"
	}
	return strings.TrimSpace(s.Op.String() + " " + s.Path)
}

// setting is what a step sets that has no name of its own.
var setting = map[plan.Op]string{
	plan.OpScheduler: "scheduler", plan.OpIOPriority: "I/O priority", plan.OpPersonality: "personality",
	plan.OpMemory: "memory policy",
}

func explainHook(e *fail.Error, s *plan.Step, t plan.Trouble) {
	e.Code = fail.CodeHook
	path, rest, _ := strings.Cut(t.Note, "\x00")
	ms, said, timed := strings.Cut(rest, "\x00")
	e.Op = "run hook " + s.Path
	if s.Path == "" { // start knows the step by its report alone
		e.Op += path
	}
	defer func() {
		if took, err := strconv.Atoi(ms); err == nil && timed && e.Errno == 0 {
			e.Cause = fmt.Errorf("after %s: %w", time.Duration(took)*time.Millisecond, e.Cause)
		}
		if said = strings.TrimSpace(said); said != "" {
			e.Cause = fmt.Errorf("%w: %s", e.Cause, said)
		}
	}()
	ws := syscall.WaitStatus(t.Errno)
	switch {
	case t.Why == plan.WhyTimeout:
		e.Code, e.Errno = fail.CodeTimeout, 0
		e.Cause = errors.New("still running, killed")
		if len(s.Nums) > 0 && s.Nums[0] > 0 {
			e.Cause = fmt.Errorf("still running after %d s, killed", s.Nums[0])
		}
	case t.Why == plan.WhyHook && ws.Signaled():
		e.Errno, e.Cause = 0, fmt.Errorf("killed by signal %d (%v)", ws.Signal(), ws.Signal())
	case t.Why == plan.WhyHook:
		e.Errno, e.Cause = 0, fmt.Errorf("exit code %d", ws.ExitStatus())
	default:
		e.Cause = syscall.Errno(t.Errno)
	}
}

// explainExec: engines look for "executable file not found" and "no such
// file" (their exit code 127) and "permission denied" (126).
func explainExec(e *fail.Error, p *plan.Plan, t plan.Trouble) {
	s := &p.Steps[len(p.Steps)-1]
	if s.Op != plan.OpExec {
		e.Cause = cause(t)
		return
	}
	errno := syscall.Errno(t.Errno)
	e.Op, e.Member, e.Code = "execute "+s.Args[0], "/process/args/0", fail.CodeExec
	switch t.Why {
	case plan.WhyNotFound:
		e.Code, e.Cause = fail.CodeExecNoSuch, errno
		if !strings.Contains(s.Args[0], "/") {
			e.Cause = fmt.Errorf("executable file not found in $PATH: %w", errno)
		}
	case plan.WhyIsDir:
		e.Cause = fmt.Errorf("is a directory, need a program: %w", unix.EACCES)
	case plan.WhyELF:
		e.Cause = fmt.Errorf("%w: its ELF interpreter %s is missing", errno, t.Note)
	case plan.WhyScript:
		e.Cause = fmt.Errorf("%w: its script interpreter %s is missing or cannot be executed", errno, t.Note)
	case plan.WhyCRLF:
		e.Cause = fmt.Errorf("%w: its first line ends in CR LF, need LF", errno)
	case plan.WhyArch:
		e.Cause = fmt.Errorf("%w: it is for %s, need %s", errno, t.Note, arch)
	case plan.WhyNoexec:
		e.Cause = fmt.Errorf("%w: its mount is noexec", errno)
	case plan.WhyNotExec:
		e.Cause = fmt.Errorf("%w: %s has no execute permission for this user", errno, t.Note)
	case plan.WhyRestrict:
		e.Op, e.Member, e.Code, e.Cause = "restrict by Landlock", landlock.Member, fail.CodeStep, errno
	case plan.WhyFormat:
		e.Cause = fmt.Errorf("%w: neither an ELF file nor a script with #!", errno)
	default:
		e.Cause = errno
	}
}

func explainSpawn(r *Request, err error) error {
	if _, told := err.(*fail.Error); told {
		return err
	}
	e := &fail.Error{Code: fail.CodeStep, Op: "create namespaces", Member: "/linux/namespaces", Cause: err}
	if len(r.Namespace.Join) > 0 {
		e.Op = "join namespaces"
	}
	e.Hint = r.hint(err)
	return e
}
