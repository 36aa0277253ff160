package inside

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Name begins the name of a gt-init at work; the number of the step follows. So
// ps shows where a birth hangs, and who was killed tells its parent where: the
// name stays with the dead process until it is reaped.
const Name = "gt-init "

// say gives the step's number as the process's name. A filter that is loaded
// just before the program may forbid even that, so the program's step is said
// before the filter.
func (b *birth) say(i int) {
	last := len(b.steps) - 1
	switch {
	case b.steps[i].Op == plan.OpSeccomp && i == last-1:
		i = last
	case i == last && i > 0 && b.steps[i-1].Op == plan.OpSeccomp:
		return
	}
	var name [16]byte
	n := copy(name[:], Name)
	for div := 1000; div > 0; div /= 10 {
		if i >= div || div == 1 {
			name[n] = byte('0' + i/div%10)
			n++
		}
	}
	sys.SetName(&name)
	if i == last && b.gate >= 0 {
		_, _ = unix.Write(b.gate, []byte{SayExec}) // start sees the hang-up anyway
	}
}
