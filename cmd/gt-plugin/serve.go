package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/keep"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func serve(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		if err := settings.Enabled(); err != nil {
			return err
		}
		// Before anything is started: a signal must not leave a plugin behind.
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		s := store.Open(c.Root)
		// It waits for others nearly all the time. More threads that look for work
		// would only take the processors from those who are asked and who ask.
		runtime.GOMAXPROCS(1)
		sock, lock, err := keep.Listen(s)
		if lock != nil {
			defer lock.Close()
		}
		if sock != nil {
			defer sock.Close()
		}
		if err != nil {
			return err
		}
		if err := sandbox.Sweep(s); err != nil {
			return err
		}
		k := keep.New(s, c.Warnf)
		err = k.Sync()
		if err == nil {
			err = errors.Join(ready(), k.Serve(ctx, sock))
		}
		if !keep.Handed() {
			if rerr := os.Remove(s.Socket()); rerr != nil && !os.IsNotExist(rerr) {
				err = errors.Join(err, rerr)
			}
		}
		return errors.Join(err, k.Close())
	}
}

// ready tells who started us that the socket is open (sd_notify(3)): systemd,
// or without it a reader of stdout.
func ready() error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if abstract, ok := strings.CutPrefix(path, "@"); ok {
		path = "\x00" + abstract
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, []byte("READY=1"), unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: path}); err != nil {
		return &fail.Error{Op: "notify " + os.Getenv("NOTIFY_SOCKET"), Cause: err}
	}
	return nil
}
