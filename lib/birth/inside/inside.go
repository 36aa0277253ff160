// Package inside runs a plan. It is all of gt-init.
//
// Who: the first process of a container, born by gt-oci in its new namespaces,
// with full credentials there and the host's root directory. What has happened
// before: clone and exec, nothing else. It learns everything from one message
// on a socket, answers with one message, and becomes the user's program.
//
// It runs before Go's runtime, which would take longer to start than all of its
// work does: so nothing here may allocate, start a goroutine, use a map or
// build an interface. Memory is the message, the room its steps are decoded
// into, and the stack; the calls are those of lib/bare. A test walks the machine
// code from the entry on and finds whatever would need the runtime.
package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Words of the conversation; the first byte of every message of gt-init.
const (
	SayTrouble = 'T' // a step failed: plan.Trouble follows
	SaySync    = 'S' // OpSync: go on after one byte
	SayReady   = 'R' // waiting at the gate; the console's master may come along
	SayExec    = 'E' // through the gate: the program comes next
)

// Gate is the byte that opens it.
const Gate = 'g'

// birth is the state of one interpretation.
type birth struct {
	steps    []plan.Step
	files    []int            // descriptors that came with the plan
	held     [len(places)]int // mounts there, -1 for none
	page     []byte
	sock     int // to the parent; -1 after the verdict
	gate     int // fifo, -1 before the verdict
	root     int // O_PATH of the container's root, -1 before OpRoot
	null     int // the host's /dev/null, for masks
	empty    int // detached empty read-only tmpfs, for masks; made when needed
	proc     int // detached procfs of our own; made when needed
	master   int // console
	slave    int
	rules    int // Landlock ruleset, -1 for none
	keep     int // descriptors below this are the program's
	note     string
	why      uint8
	argv     bare.Vector
	env      bare.Vector
	prepared bool
	timing   bool
	started  int64
	times    []byte
	program  [unix.PathMax]byte // found in PATH
	words    [2 * complaintSize]byte
	carried  [bare.MaxFiles]int
}

// one is the birth: there is no heap to make it on.
var one birth

// Run receives a plan on the socket and runs it. keep is the number of
// descriptors, from 0, that belong to the program. It returns only to exit.
func Run(sock, keep int) int {
	b := &one
	b.sock, b.keep = sock, keep
	b.gate, b.root, b.null, b.empty, b.proc, b.master, b.slave, b.rules = -1, -1, -1, -1, -1, -1, -1, -1
	for i := range b.held {
		b.held[i] = -1
	}
	if e := bare.CloseOnExec(sock); e != 0 {
		return 1
	}
	if !b.receive() {
		return 1 // the parent is gone, so there is nobody to tell
	}
	if b.why != 0 {
		return b.fail(0, 0)
	}
	bare.Umask(0)
	for i := range b.steps {
		b.say(i)
		if e := b.step(&b.steps[i]); e != 0 {
			return b.fail(i, e)
		}
	}
	return 0
}

func (b *birth) receive() bool {
	length, files, e := bare.Head(b.sock, &b.carried)
	if e != 0 {
		return false
	}
	memory, e := bare.Memory((length+7)&^7 + plan.Room(length))
	if e != 0 {
		b.why = plan.WhyPlan
		return true
	}
	message := memory[:length:length]
	if bare.Fill(b.sock, message) != 0 {
		return false
	}
	if files > 0 { // the last is the page for the step
		b.files, b.page = b.carried[:files-1], mapped(b.carried[files-1])
	}
	b.steps, b.why = plan.Decode(message, memory[(length+7)&^7:])
	return true
}

// step does one step, and times it if gt-oci asked for a trace.
func (b *birth) step(s *plan.Step) bare.Errno {
	if s.Op == plan.OpReady || s.Op == plan.OpExec {
		b.flushTimes()
	}
	e := b.do(s)
	if b.timing {
		b.mark()
	}
	return e
}

func (b *birth) do(s *plan.Step) bare.Errno {
	if do := mountSteps[s.Op&63]; do != nil {
		return do(b, s)
	}
	if do := processSteps[s.Op&63]; do != nil {
		return do(b, s)
	}
	b.why = plan.WhyPlan
	return syscall.EINVAL
}

// fail tells whoever listens which step failed: the parent until the verdict,
// `gt-oci start` through the gate after it.
func (b *birth) fail(step int, e bare.Errno) int {
	t := plan.Trouble{Step: step, Errno: uint32(e), Why: b.why, Note: b.note}
	var message [1 + plan.MaxTrouble]byte
	message[0] = SayTrouble
	n := 1 + plan.PutTrouble(message[1:], &t)
	if b.page != nil {
		at := b.page[PageTrouble:]
		at[0], at[1] = byte(n-1), byte((n-1)>>8)
		copy(at[2:], message[1:n])
	}
	if b.sock >= 0 {
		_ = bare.Send(b.sock, message[:n], nil) // nobody else to tell
	} else if b.gate >= 0 {
		_, _ = bare.Write(b.gate, bare.Text(message[:n]))
	}
	return 1
}

// file is the descriptor that a step names.
func (b *birth) file(s *plan.Step) (int, bare.Errno) {
	if s.FD < 1 || s.FD > len(b.files) {
		b.why = plan.WhyPlan
		return -1, syscall.EBADF
	}
	return b.files[s.FD-1], 0
}

func (b *birth) escape(note string) bare.Errno {
	b.why, b.note = plan.WhyEscape, note
	return syscall.EPERM
}
