// Package inside runs a plan. It is all of gt-init.
//
// Who: the first process of a container, born by gt-oci in its new namespaces,
// with full credentials there and the host's root directory. What has happened
// before: clone and exec, nothing else. It learns everything from one message
// on a socket, answers with one message, and becomes the user's program.
//
// It must start fast and stay small: no fmt, no os, no reflection. One thread
// matters, the main one: credentials are set on it alone, and exec makes it
// the process.
package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
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
	steps   []plan.Step
	files   []int // descriptors that came with the plan
	page    []byte
	sock    int // to the parent; -1 after the verdict
	gate    int // fifo, -1 before the verdict
	root    int // O_PATH of the container's root, -1 before OpRoot
	null    int // the host's /dev/null, for masks
	empty   int // detached empty read-only tmpfs, for masks; made when needed
	proc    int // detached procfs of our own; made when needed
	master  int // console
	slave   int
	keep    int // descriptors below this are the program's
	note    string
	why     uint8
	timing  bool
	started int64
	times   []byte
}

// Run receives a plan on the socket and runs it. keep is the number of
// descriptors, from 0, that belong to the program. It returns only to exit.
func Run(sock, keep int) int {
	b := &birth{sock: sock, gate: -1, root: -1, null: -1, empty: -1, proc: -1, master: -1, slave: -1, keep: keep}
	unix.CloseOnExec(sock)
	message, files, err := sys.Receive(sock)
	if err != nil {
		return 1 // the parent is gone, so there is nobody to tell
	}
	if len(files) > 0 { // the last is the page for the step
		b.files, b.page = files[:len(files)-1], mapped(files[len(files)-1])
	}
	p, err := plan.Decode(message)
	if err != nil {
		b.why = plan.WhyPlan
		if err == plan.ErrStamp {
			b.why = plan.WhyStamp
		}
		return b.fail(0, 0)
	}
	b.steps = p.Steps
	unix.Umask(0)
	for i := range b.steps {
		b.say(i)
		if errno := b.step(&b.steps[i]); errno != 0 {
			return b.fail(i, errno)
		}
	}
	return 0
}

// step does one step, and times it if gt-oci asked for a trace.
func (b *birth) step(s *plan.Step) syscall.Errno {
	if s.Op == plan.OpReady || s.Op == plan.OpExec {
		b.flushTimes(s)
	}
	err := b.do(s)
	if b.timing {
		b.mark()
	}
	if err == nil {
		return 0
	}
	if e, ok := err.(syscall.Errno); ok {
		return e
	}
	return syscall.EIO
}

func (b *birth) do(s *plan.Step) error {
	if do := mountSteps[s.Op]; do != nil {
		return do(b, s)
	}
	if do := processSteps[s.Op]; do != nil {
		return do(b, s)
	}
	b.why = plan.WhyPlan
	return syscall.EINVAL
}

// fail tells whoever listens which step failed: the parent until the verdict,
// `gt-oci start` through the gate after it.
func (b *birth) fail(step int, errno syscall.Errno) int {
	t := plan.Trouble{Step: step, Errno: uint32(errno), Why: b.why, Note: b.note}
	message := append([]byte{SayTrouble}, plan.EncodeTrouble(t)...)
	if b.sock >= 0 {
		_ = sys.Send(b.sock, message, nil) // nobody else to tell
	} else if b.gate >= 0 {
		_, _ = unix.Write(b.gate, message)
	}
	return 1
}

// file is the descriptor that a step names.
func (b *birth) file(s *plan.Step) (int, error) {
	if s.FD < 1 || s.FD > len(b.files) {
		b.why = plan.WhyPlan
		return -1, syscall.EBADF
	}
	return b.files[s.FD-1], nil
}

func (b *birth) escape(note string) error {
	b.why, b.note = plan.WhyEscape, note
	return syscall.EPERM
}
