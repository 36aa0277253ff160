package archive

import (
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A waiter reads a pipe or a terminal that may stay silent for ever, until its
// context ends.
type waiter struct {
	ctx  context.Context
	file *os.File
	fd   int
	wake int // readable once the context has ended
}

func newWaiter(ctx context.Context, f *os.File) (*waiter, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() {
		// Eight bytes are a number in the order of the machine; any but
		// zero wakes.
		_, _ = unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 1})
	})
	return &waiter{ctx, f, int(f.Fd()), wake}, nil
}

func (w *waiter) Read(p []byte) (int, error) {
	for {
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}, {Fd: int32(w.wake), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, err
		}
		if err := w.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := unix.Read(w.fd, p)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
