package inside

import (
	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// pageSize is that of the page, shared with the parent, which holds the number
// of the step at work: two bytes, the low one first. Who is killed has no last
// word, but the page has it. A system call for each step would cost a tenth of
// a millisecond a birth.
const pageSize = 4096

const sayExec = "E" // SayExec as text

func mapped(fd int) []byte {
	page, e := bare.Shared(fd, pageSize)
	if e != 0 {
		return nil // then a death has no place; it is no reason not to live
	}
	return page
}

// say notes the step. A filter that is loaded just before the program may
// forbid anything, so start is told before that.
func (b *birth) say(i int) {
	if b.page != nil {
		b.page[0], b.page[1] = byte(i), byte(i>>8)
	}
	last := len(b.steps) - 1
	late := last > 0 && b.steps[last-1].Op == plan.OpSeccomp
	if b.gate >= 0 && (i == last && !late || i == last-1 && late) {
		_, _ = bare.Write(b.gate, sayExec) // a broken gate is seen as a hang-up
	}
}
