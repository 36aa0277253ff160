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

// closeAllBut keeps the gate, and what steps behind it need: the Landlock
// ruleset, the socket for the filter's listener.
func (b *birth) closeAllBut(gate int) bare.Errno {
	kept := [3]int{gate, b.rules, b.listener()}
	for from := b.keep; ; {
		next := maxFD
		for _, fd := range kept {
			if fd >= from && fd < next {
				next = fd
			}
		}
		if next == maxFD {
			b.root, b.null, b.empty, b.proc, b.master, b.slave = -1, -1, -1, -1, -1, -1
			return bare.CloseRange(from, maxFD, 0)
		}
		if next > from {
			if e := bare.CloseRange(from, next-1, 0); e != 0 {
				return e
			}
		}
		from = next + 1
	}
}

// listener is the socket that a filter behind the gate sends its listener to,
// -1 if there is none.
func (b *birth) listener() int {
	for i := len(b.steps) - 1; i >= 0 && b.steps[i].Op != plan.OpReady; i-- {
		if s := &b.steps[i]; s.Op == plan.OpSeccomp && s.FD > 0 && s.FD <= len(b.files) {
			return b.files[s.FD-1]
		}
	}
	return -1
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
