package inside

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// SayTimes precedes microseconds since the plan came, four bytes a step.
const SayTimes = 'M'

// StartTimes switches the clock on; gt-init calls it when told to.
func (b *birth) startTimes() {
	b.timing, b.started = true, now()
}

func (b *birth) mark() {
	us := uint32((now() - b.started) / 1000)
	b.times = append(b.times, byte(us), byte(us>>8), byte(us>>16), byte(us>>24))
}

// flushTimes sends what was measured so far, before the socket is given up.
func (b *birth) flushTimes(*plan.Step) {
	if b.timing && b.sock >= 0 && len(b.times) > 0 {
		_ = sys.Send(b.sock, append([]byte{SayTimes}, b.times...), nil) // a trace is never worth a birth
		b.times = nil
	}
}

func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail for this clock
	return ts.Nano()
}
