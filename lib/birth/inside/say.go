package inside

import (
	"github.com/gophertainer/gophertainer/lib/bare"
)

// pageSize is that of the page, shared with the parent, which holds the number
// of the step at work: two bytes, the low one first. Who is killed has no last
// word, but the page has it. A system call for each step would cost a tenth of
// a millisecond a birth. Behind it, at PageTrouble, stands what failed, for whom
// a filter forbids to say so: its length in two bytes, and a plan.Trouble.
const pageSize = 4096

// PageTrouble is where on the page the report of a failure begins.
const PageTrouble = 2

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
	last, late := len(b.steps)-1, b.late()
	if b.gate >= 0 && (i == last && !late || i == last-1 && late) {
		_, _ = bare.Write(b.gate, sayExec) // a broken gate is seen as a hang-up
	}
}
