package main

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func events(o *tool.Options) func(*tool.Call) error {
	var follow, stats bool
	var interval time.Duration
	o.Bool(&follow, "follow", 0, "wait for further events")
	o.Bool(&stats, "stats", 0, "print the usage of a container once")
	o.Duration(&interval, "interval", 0, "TIME", "print the usage each TIME, and when memory has run out")
	return func(c *tool.Call) error {
		switch {
		case stats:
			return usage(c, 0)
		case interval != 0:
			return usage(c, interval)
		case follow:
			return followEvents(c)
		}
		t := event.Follow(c.Root)
		defer t.Close()
		return printEvents(c, t)
	}
}

// printEvents prints what was appended since the last time, of one container if
// an ID was given.
func printEvents(c *tool.Call, t *event.Tail) error {
	list, err := t.Read()
	if err != nil {
		return err
	}
	for _, e := range list {
		if id := first(c); id != "" && e.ID != id {
			continue
		}
		if err := c.Print(e.Line()); err != nil {
			return err
		}
	}
	return nil
}

func followEvents(c *tool.Call) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, c.Root, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		return &fail.Error{Op: "watch " + c.Root, Cause: err}
	}
	t, buf := event.Follow(c.Root), make([]byte, 4096)
	defer t.Close()
	for {
		if err := printEvents(c, t); err != nil {
			return err
		}
		// A pipe says by POLLERR that its reader has gone: no need to find
		// that out by the next event.
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(c.Stdout.Fd())}}
		if err := sys.Poll(fds, -1); err != nil || fds[1].Revents != 0 {
			return err
		}
		if _, err := unix.Read(fd, buf); err != nil && err != unix.EINTR {
			return err
		}
	}
}
