package cred

import (
	"encoding/hex"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/plan"
)

// TestSchedAttr compares with struct sched_attr, little-endian, as of
// include/uapi/linux/sched/types.h.
func TestSchedAttr(t *testing.T) {
	const none = "0000000000000000"
	for _, c := range []struct {
		s    specs.Scheduler
		want string
	}{
		{specs.Scheduler{Policy: specs.SchedOther, Nice: -5}, "3000000000000000" + none + "fbffffff00000000" + none + none + none},
		{specs.Scheduler{Policy: specs.SchedFIFO, Priority: 10}, "3000000001000000" + none + "000000000a000000" + none + none + none},
		{
			specs.Scheduler{Policy: specs.SchedDeadline, Runtime: 1, Deadline: 2, Period: 3, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagReclaim}},
			"3000000006000000" + "0200000000000000" + none + "0100000000000000" + "0200000000000000" + "0300000000000000",
		},
		{
			specs.Scheduler{Policy: specs.SchedBatch, Flags: []specs.LinuxSchedulerFlag{specs.SchedFlagUtilClampMax}},
			"3800000003000000" + "4000000000000000" + none + none + none + none + none,
		},
	} {
		if have := hex.EncodeToString([]byte(SchedAttr(&c.s))); have != c.want {
			t.Errorf("%+v: have %s, need %s", c.s, have, c.want)
		}
	}
}

func TestIOPriority(t *testing.T) {
	for class, want := range map[specs.IOPriorityClass]uint64{
		specs.IOPRIO_CLASS_RT: 0x2004, specs.IOPRIO_CLASS_BE: 0x4004, specs.IOPRIO_CLASS_IDLE: 0x6004,
	} {
		if have := IOPriority(&specs.LinuxIOPriority{Class: class, Priority: 4}); have != want {
			t.Errorf("%s: have %#x, need %#x", class, have, want)
		}
	}
}

// TestScheduleByParent: what the parent does is no step, and nothing asked for
// is none either.
func TestScheduleByParent(t *testing.T) {
	var pl plan.Plan
	p := &specs.Process{Scheduler: &specs.Scheduler{Policy: specs.SchedBatch}, IOPriority: &specs.LinuxIOPriority{}}
	Schedule(p, &pl, Options{ByParent: true})
	Schedule(&specs.Process{}, &pl, Options{})
	if len(pl.Steps) != 0 {
		t.Errorf("have %+v, need none", pl.Steps)
	}
}
