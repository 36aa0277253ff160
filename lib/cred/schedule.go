package cred

import (
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// policies of sched(7) by their number. SCHED_ISO has one and no kernel has it.
var policies = [...]specs.LinuxSchedulerPolicy{
	specs.SchedOther, specs.SchedFIFO, specs.SchedRR, specs.SchedBatch, specs.SchedISO, specs.SchedIdle, specs.SchedDeadline,
}

// schedulerFlags of sched_setattr(2), from the lowest bit on.
var schedulerFlags = [...]specs.LinuxSchedulerFlag{
	specs.SchedFlagResetOnFork, specs.SchedFlagReclaim, specs.SchedFlagDLOverrun, specs.SchedFlagKeepPolicy,
	specs.SchedFlagKeepParams, specs.SchedFlagUtilClampMin, specs.SchedFlagUtilClampMax,
}

// classes of ioprio_set(2) by their number, 0 being none.
var classes = [...]specs.IOPriorityClass{"", specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, specs.IOPRIO_CLASS_IDLE}

// Schedule makes the steps for processor and disk time. They need
// CAP_SYS_NICE, so they stand before the capabilities are given up.
func Schedule(p *specs.Process, pl *plan.Plan, o Options) {
	if o.ByParent {
		return
	}
	if s := p.Scheduler; s != nil {
		pl.Add(plan.Step{Op: plan.OpScheduler, Member: "/process/scheduler", Path: string(s.Policy), Data: SchedAttr(s)})
	}
	if io := p.IOPriority; io != nil {
		pl.Add(plan.Step{Op: plan.OpIOPriority, Member: "/process/ioPriority", Path: string(io.Class), Flags: IOPriority(io)})
	}
}

// SchedAttr is a scheduler as a struct sched_attr (sched_setattr(2)): its
// first version of 48 bytes, the second one only where it has to say more.
func SchedAttr(s *specs.Scheduler) string {
	var flags, size uint64 = 0, 48
	for _, f := range s.Flags {
		flags |= 1 << max(0, slices.Index(schedulerFlags[:], f))
		if f == specs.SchedFlagUtilClampMin || f == specs.SchedFlagUtilClampMax {
			size = 56
		}
	}
	policy := uint64(max(0, slices.Index(policies[:], s.Policy)))
	return little([]uint64{
		size | policy<<32, flags, uint64(uint32(s.Nice)) | uint64(uint32(s.Priority))<<32,
		s.Runtime, s.Deadline, s.Period, 0,
	})[:size]
}

// IOPriority is a class and priority as ioprio_set(2) takes them.
func IOPriority(io *specs.LinuxIOPriority) uint64 {
	return uint64(max(0, slices.Index(classes[:], io.Class)))<<13 | uint64(io.Priority)
}

// Affinity makes the step that binds a process to CPUs, none for no list.
func Affinity(list, member string, pl *plan.Plan) error {
	mask, ok := Bits(list)
	if !ok {
		return fail.Spec(member, "have %q, need a list like 0-3,7", list)
	}
	if len(mask) > 0 {
		pl.Add(plan.Step{Op: plan.OpAffinity, Member: member, Path: list, Data: little(mask)})
	}
	return nil
}
