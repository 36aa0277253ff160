package scene

import (
	"net"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// A Network is what a process's network namespace has.
type Network struct {
	Links    []string // beside lo
	Loopback bool     // lo is up
	Strange  bool     // lo has an address that it does not have by itself
}

// Links looks into the network namespace of a process.
func Links(pid int) (*Network, error) {
	n := &Network{}
	err := InNetwork(pid, func() error {
		list, err := net.Interfaces()
		if err != nil {
			return err
		}
		for _, link := range list {
			if link.Flags&net.FlagLoopback == 0 {
				n.Links = append(n.Links, link.Name)
				continue
			}
			n.Loopback = link.Flags&net.FlagUp != 0
			addrs, err := link.Addrs()
			if err != nil {
				return err
			}
			for _, a := range addrs {
				if s := a.String(); s != "127.0.0.1/8" && s != "::1/128" {
					n.Strange = true
				}
			}
		}
		return nil
	})
	return n, err
}

// InNetwork calls do in the network namespace of a process, on a thread that
// is thrown away.
func InNetwork(pid int, do func() error) error {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/ns/net")
	if err != nil {
		return err
	}
	defer f.Close()
	return Within(f, do)
}

// Within does that for an open namespace.
func Within(f *os.File, do func() error) error {
	return Apart(func() error {
		if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return do()
	})
}

// Apart calls do on a thread that ends with it, since it changes what a thread
// has of its own. It is not the main one: that cannot end, and what the whole
// process sees, as /proc/self, is that one's.
func Apart(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			done <- do()
			return
		}
		err := Apart(do) // on another one, since this one is taken
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}
