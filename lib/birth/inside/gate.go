package inside

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

const maxFD = 0x7fffffff

// ready is the end of what create waits for: the verdict goes out, every
// descriptor but the program's and the gate is closed, and start opens the
// gate. Without a gate (run) the birth just goes on, and the socket stays
// open until exec closes it, which is the verdict then.
func (b *birth) ready(s *plan.Step) bare.Errno {
	if e := b.findProgram(); e != 0 {
		return e
	}
	if s.FD == 0 {
		if b.master < 0 {
			return 0
		}
		return b.verdict()
	}
	gate, e := b.file(s)
	if e != 0 {
		return e
	}
	if e := b.verdict(); e != 0 {
		return e
	}
	if e := b.closeAllBut(gate); e != 0 {
		return e
	}
	b.sock, b.gate = -1, gate
	return b.wait()
}

// verdict is the word that all is ready, with the console's master if there is
// one.
func (b *birth) verdict() bare.Errno {
	word, console := [1]byte{SayReady}, [1]int{b.master}
	files := console[:]
	if b.master < 0 {
		files = nil
	}
	return bare.Send(b.sock, word[:], files)
}

func (b *birth) closeAllBut(gate int) bare.Errno {
	if gate > b.keep {
		if e := bare.CloseRange(b.keep, gate-1, 0); e != 0 {
			return e
		}
	}
	b.root, b.null, b.empty, b.proc, b.master, b.slave = -1, -1, -1, -1, -1, -1
	return bare.CloseRange(gate+1, maxFD, 0)
}

// wait reads one byte. The descriptor is open for writing too, so a fifo
// without a writer blocks instead of ending.
func (b *birth) wait() bare.Errno {
	var word [1]byte
	for {
		n, e := bare.Read(b.gate, word[:])
		switch {
		case e == syscall.EINTR:
		case e != 0:
			return e
		case n == 1 && word[0] == Gate:
			return 0
		default:
			return syscall.EPROTO
		}
	}
}

// sync tells the parent that the tree is made, and waits for its word.
func (b *birth) sync(*plan.Step) bare.Errno {
	word := [1]byte{SaySync}
	if e := bare.Send(b.sock, word[:], nil); e != 0 {
		return e
	}
	var files [bare.MaxFiles]int
	n, _, e := bare.Head(b.sock, &files)
	if e != 0 || n != 1 {
		return e
	}
	return bare.Fill(b.sock, word[:])
}

// preserved says that all descriptors above the program's vanish with exec,
// also ones that came from a parent that forgot the flag (CVE-2024-21626).
func (b *birth) preserved() bare.Errno {
	return bare.CloseRange(b.keep, maxFD, unix.CLOSE_RANGE_CLOEXEC)
}
