package attach

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// listening refuses a port on which a program of the host listens: its
// connections would go to the container.
func listening(p store.Port) error {
	kind := unix.SOCK_STREAM
	switch p.Proto {
	case "udp":
		kind = unix.SOCK_DGRAM
	case "sctp":
		return nil // its sockets are a module that need not be there
	}
	hosts := []netip.Addr{p.Host}
	if !p.Host.IsValid() {
		hosts = []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	}
	for _, host := range hosts {
		err := bind(host, p.From, kind)
		if errors.Is(err, unix.EADDRINUSE) {
			return &fail.Error{Code: fail.CodeBusy, Op: "publish " + p.String(), Cause: errors.New("the port is in use on the host, need another"), Hint: user(p)}
		}
		if errors.Is(err, unix.EADDRNOTAVAIL) {
			return fail.New(fail.CodeNoSuch, "publish %s: %s is not an address of the host", p, host)
		}
		if err != nil && !errors.Is(err, unix.EAFNOSUPPORT) {
			return &fail.Error{Op: "publish " + p.String(), Cause: err}
		}
	}
	return nil
}

// bind tries the port and lets it go.
func bind(host netip.Addr, port uint16, kind int) error {
	family := unix.AF_INET
	var to unix.Sockaddr
	if host.Is4() {
		to = &unix.SockaddrInet4{Port: int(port), Addr: host.As4()}
	} else {
		family, to = unix.AF_INET6, &unix.SockaddrInet6{Port: int(port), Addr: host.As16()}
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return err
		}
	}
	if kind == unix.SOCK_STREAM {
		// A connection that just ended is no listener.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	return unix.Bind(fd, to)
}

// user finds the process that has the port, for the person who wants it.
func user(p store.Port) string {
	inode := ""
	for _, file := range []string{p.Proto, p.Proto + "6"} {
		text, err := os.ReadFile("/proc/net/" + file)
		if err != nil {
			continue
		}
		port := ":" + strings.ToUpper(strconv.FormatUint(uint64(p.From)|1<<16, 16)[1:])
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			listens := len(f) > 9 && strings.HasSuffix(f[1], port) && (f[3] == "0A" || f[3] == "07")
			if listens {
				inode = "socket:[" + f[9] + "]"
			}
		}
	}
	if inode == "" {
		return ""
	}
	pids, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range pids {
		list, err := os.ReadDir(dir + "/fd")
		if err != nil {
			continue
		}
		for _, fd := range list {
			to, err := os.Readlink(dir + "/fd/" + fd.Name())
			if err != nil || to != inode {
				continue
			}
			if name, err := os.ReadFile(dir + "/comm"); err == nil {
				return strings.TrimSpace(string(name)) + ", process " + filepath.Base(dir) + ", has it"
			}
		}
	}
	return ""
}
