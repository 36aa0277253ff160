//go:build !amd64

package sys

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Catch has the number of each signal that comes written, as one byte, to fd,
// the non-blocking end of a pipe, from now to the end of this process.
func Catch(fd int, signals []unix.Signal) error {
	incoming := make(chan os.Signal, 64)
	for _, s := range signals {
		signal.Notify(incoming, s)
	}
	go func() {
		for s := range incoming {
			// Full: more came than anybody can have meant.
			_, _ = unix.Write(fd, []byte{byte(s.(unix.Signal))})
		}
	}()
	return nil
}
