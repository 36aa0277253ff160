package container

import (
	"fmt"
	"os"

	"github.com/gophertainer/gophertainer/lib/birth"
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
