package inside

import (
	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// SayTimes precedes microseconds since the plan came, four bytes a step.
const SayTimes = 'M'

// trace: the parent wants the time of each step.
func (b *birth) trace(*plan.Step) bare.Errno {
	memory, e := bare.Memory(1 + 4*len(b.steps))
	if e != 0 {
		return e
	}
	memory[0] = SayTimes
	b.times, b.timing, b.started = memory[:1], true, bare.Now()
	return 0
}

func (b *birth) mark() {
	us := uint32((bare.Now() - b.started) / 1000)
	if n := len(b.times); n+4 <= cap(b.times) {
		b.times = b.times[:n+4]
		b.times[n], b.times[n+1], b.times[n+2], b.times[n+3] = byte(us), byte(us>>8), byte(us>>16), byte(us>>24)
	}
}

// flushTimes sends what was measured so far, before the socket is given up.
func (b *birth) flushTimes() {
	if b.timing && b.sock >= 0 && len(b.times) > 1 {
		_ = bare.Send(b.sock, b.times, nil) // a trace is never worth a birth
		b.times = b.times[:1]
	}
}
