package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// trace: the parent wants the time of each step.
func (b *birth) trace(*plan.Step) error {
	b.startTimes()
	return nil
}

// ready is the end of what create waits for: the verdict goes out, every
// descriptor but the program's and the gate is closed, and start opens the
// gate. Without a gate (run) the birth just goes on, and the socket stays
// open until exec closes it, which is the verdict then.
func (b *birth) ready(s *plan.Step) error {
	if err := b.findProgram(); err != nil {
		return err
	}
	var console []int
	if b.master >= 0 {
		console = []int{b.master}
	}
	if s.FD == 0 {
		if console != nil {
			return sys.Send(b.sock, []byte{SayReady}, console)
		}
		return nil
	}
	gate, err := b.file(s)
	if err != nil {
		return err
	}
	if err := sys.Send(b.sock, []byte{SayReady}, console); err != nil {
		return err
	}
	if err := b.closeAllBut(gate); err != nil {
		return err
	}
	b.sock, b.gate = -1, gate
	return b.wait()
}

func (b *birth) closeAllBut(gate int) error {
	if gate > b.keep {
		if err := unix.CloseRange(uint(b.keep), uint(gate-1), 0); err != nil {
			return err
		}
	}
	b.root, b.null, b.empty, b.proc, b.master, b.slave = -1, -1, -1, -1, -1, -1
	return unix.CloseRange(uint(gate+1), ^uint(0)>>1&0x7fffffff, 0)
}

// wait reads one byte. The descriptor is open for writing too, so a fifo
// without a writer blocks instead of ending.
func (b *birth) wait() error {
	var word [1]byte
	for {
		n, err := syscall.Read(b.gate, word[:])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err
		case n == 1 && word[0] == Gate:
			return nil
		default:
			return syscall.EPROTO
		}
	}
}
