package main

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// hookTime is what a webhook's receiver has.
const hookTime = 10 * time.Second

// hook tells a receiver of an alarm by one POST. It knows addresses and plain
// HTTP: names and TLS are for a receiver on this machine to add.
func hook(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		rest, ok := strings.CutPrefix(c.Args[0], "http://")
		host, path, _ := strings.Cut(rest, "/")
		at, err := netip.ParseAddrPort(host)
		if !ok || err != nil || strings.ContainsAny(path, " \r\n") {
			return fail.Usage("have %q, need http://ADDRESS:PORT/PATH", c.Args[0])
		}
		var w json.Writer
		w.Value(map[string]string{"id": c.Args[1], "rule": c.Args[2], "value": c.Args[3], "time": time.Now().UTC().Format(time.RFC3339Nano)})
		end := time.Now().Add(hookTime)
		fd, err := dial(at, end)
		if err != nil {
			return &fail.Error{Op: "connect to " + host, Cause: err}
		}
		defer unix.Close(fd)
		body := string(w.Bytes())
		text := "POST /" + path + " HTTP/1.0\r\nHost: " + host + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		if _, err := unix.Write(fd, []byte(text)); err != nil {
			return err
		}
		return accepted(fd, end)
	}
}

func dial(at netip.AddrPort, end time.Time) (int, error) {
	family := unix.AF_INET
	var sa unix.Sockaddr
	if at.Addr().Is4() {
		sa = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	} else {
		family, sa = unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if err := connect(fd, sa, end); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
