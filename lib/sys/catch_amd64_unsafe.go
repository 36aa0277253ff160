//go:build amd64

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// catchPipe is where caught writes.
var catchPipe uintptr //nolint:unused // by catch_amd64.s

func handler() (caught, restorer uintptr)

// sigaction is the kernel's struct (rt_sigaction(2)).
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// Catch has the number of each signal that comes written, as one byte, to fd,
// the non-blocking end of a pipe, from now to the end of this process. The
// handler knows nothing of Go: os/signal hands each signal over to a thread of
// its own when it is enabled, which costs two thread switches, 30 µs where
// nobody else wants the processor and a time slice each where somebody does.
//
// A second call takes over from the first. Not for signals that Go itself raises
// or needs (see Own).
func Catch(fd int, signals []unix.Signal) error {
	catchPipe = uintptr(fd)
	const restart, onStack, withRestorer = 0x10000000, 0x08000000, 0x04000000
	caught, restorer := handler()
	act := sigaction{handler: caught, flags: restart | onStack | withRestorer, restorer: restorer, mask: ^uint64(0)}
	for _, s := range signals {
		_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&act)), 0, unsafe.Sizeof(act.mask), 0, 0)
		if e != 0 {
			return e
		}
	}
	return nil
}
