package container

import (
	"fmt"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// times writes when each step of the birth ended, as a waterfall for people.
func (c *creation) times(p *plan.Plan, us []uint32) {
	f, err := os.OpenFile(c.rt.Trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		c.rt.Warn("trace: %v", err)
		return
	}
	defer f.Close()
	last := uint32(0)
	for i, at := range us {
		if i >= len(p.Steps) {
			break
		}
		fmt.Fprintf(f, "%8d us %+7d  %s\n", at, at-last, birth.Words(&p.Steps[i]))
		last = at
	}
}

// refuse is the first of Refusals.
func refuse(s *specs.Spec) error {
	for _, e := range Refusals(s.Linux) {
		return e
	}
	return nil
}

// Refusals names the members that nothing here carries out.
func Refusals(l *specs.Linux) []*fail.Error {
	var list []*fail.Error
	for _, m := range []struct {
		name string
		set  bool
	}{
		{"timeOffsets", len(l.TimeOffsets) > 0},
		{"intelRdt", l.IntelRdt != nil},
		{"memoryPolicy", l.MemoryPolicy != nil},
		{"netDevices", len(l.NetDevices) > 0},
		{"mountLabel", l.MountLabel != ""},
		{"personality", l.Personality != nil},
	} {
		if m.set {
			list = append(list, fail.Spec("/linux/"+m.name, "have no support for it, need a spec without it"))
		}
	}
	return list
}
