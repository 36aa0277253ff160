package lint

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// schedule: what only CAP_SYS_NICE may set (sched(7), ioprio_set(2)).
func (l *linter) schedule(p *specs.Process) {
	need := func(member, have string) {
		l.tell(Error, fail.CodePermission, member, "have "+have+" and no CAP_SYS_NICE, need it")
	}
	if holds(unix.CAP_SYS_NICE) {
		return
	}
	if s := p.Scheduler; s != nil {
		switch s.Policy {
		case specs.SchedFIFO, specs.SchedRR, specs.SchedDeadline:
			need("/process/scheduler/policy", string(s.Policy))
		default:
			if own, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil && int(s.Nice) < 20-own {
				need("/process/scheduler/nice", strconv.Itoa(int(s.Nice)))
			}
		}
	}
	if p.IOPriority != nil && p.IOPriority.Class == specs.IOPRIO_CLASS_RT && !holds(unix.CAP_SYS_ADMIN) {
		need("/process/ioPriority/class", string(specs.IOPRIO_CLASS_RT))
	}
}
