package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// probe asks a port once, from inside the network of a process.
func probe(o *tool.Options) func(*tool.Call) error {
	pid, timeout := 0, 5*time.Second
	o.Int(&pid, "pid", 0, "PID", "in the network namespace of this process")
	o.Duration(&timeout, "timeout", 0, "TIME", "give up after that")
	return func(c *tool.Call) error {
		kind := c.Args[0]
		number, err := port(c.Args[1])
		if err != nil {
			return err
		}
		if kind != "tcp" && kind != "http" || (kind == "http") != (len(c.Args) == 3) {
			return fail.Usage("have %q, need tcp PORT or http PORT PATH", c.Args)
		}
		if pid > 0 {
			if err := enter(pid); err != nil {
				return err
			}
		}
		end := time.Now().Add(timeout)
		fd, err := reach(number, end)
		if err != nil {
			return fmt.Errorf("connect to port %d: %w", number, err)
		}
		defer unix.Close(fd)
		if kind == "tcp" {
			return nil
		}
		return get(fd, c.Args[2], end)
	}
}

func port(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fail.Usage("have port %q, need a number from 1 to 65535", text)
	}
	return int(n), nil
}

// enter joins the network namespace. The thread is never given back.
func enter(pid int) error {
	runtime.LockOSThread()
	name := "/proc/" + strconv.Itoa(pid) + "/ns/net"
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		defer unix.Close(fd)
		err = unix.Setns(fd, unix.CLONE_NEWNET)
	}
	if err != nil {
		return &os.PathError{Op: "enter", Path: name, Err: err}
	}
	return nil
}

// reach connects to the port on either loopback.
func reach(number int, end time.Time) (fd int, err error) {
	v6 := &unix.SockaddrInet6{Port: number}
	v6.Addr[15] = 1
	for _, try := range []struct {
		family int
		to     unix.Sockaddr
	}{
		{unix.AF_INET, &unix.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}}},
		{unix.AF_INET6, v6},
	} {
		if fd, err = unix.Socket(try.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
			continue
		}
		if err = connect(fd, try.to, end); err == nil {
			return fd, nil
		}
		_ = unix.Close(fd)
	}
	return -1, err
}

func connect(fd int, to unix.Sockaddr, end time.Time) error {
	err := unix.Connect(fd, to)
	if err != unix.EINPROGRESS {
		return err
	}
	if err := until(fd, unix.POLLOUT, end); err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return err
}

func until(fd int, events int16, end time.Time) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, max(0, int(time.Until(end).Milliseconds())))
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			return unix.ETIMEDOUT
		}
		return err
	}
}

// get asks for a page.
func get(fd int, path string, end time.Time) error {
	text := "GET " + path + " HTTP/1.0\r\nHost: localhost\r\nUser-Agent: gt-mon\r\nConnection: close\r\n\r\n"
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		return err
	}
	return accepted(fd, end)
}

// accepted reads the status line of an answer.
func accepted(fd int, end time.Time) error {
	var have []byte
	buf := make([]byte, 512)
	for !bytes.Contains(have, []byte{'\n'}) && len(have) < 4096 {
		if err := until(fd, unix.POLLIN, end); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		n, err := unix.Read(fd, buf)
		if err == unix.EAGAIN || err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			break
		}
		have = append(have, buf[:n]...)
	}
	f := bytes.Fields(have)
	if len(f) < 2 || !bytes.HasPrefix(f[0], []byte("HTTP/1.")) {
		return fail.New(fail.CodeInput, "have no HTTP answer, need one")
	}
	if code, err := strconv.Atoi(string(f[1])); err != nil || code < 200 || code > 399 {
		return fail.New(fail.CodeStatus, "answer is %s, need 200 to 399", f[1])
	}
	return nil
}
