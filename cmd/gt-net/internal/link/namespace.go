// Package link is the interfaces: bridges, pairs and links on a parent, their
// addresses and routes, by rtnetlink(7); no program is started.
package link

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Namespace is an open network namespace; the descriptor is its owner's.
type Namespace struct {
	f     *os.File
	Path  string
	Inode uint64
}

// OpenNamespace opens a path such as /proc/PID/ns/net and refuses what is none.
func OpenNamespace(path string) (*Namespace, error) {
	// Without O_NONBLOCK a fifo would be waited for.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err != nil || kind != unix.CLONE_NEWNET {
		_ = f.Close()
		return nil, fail.New(fail.CodeInput, "%s is no network namespace, need one", path)
	}
	return &Namespace{f, path, st.Ino}, nil
}

// Close closes the descriptor.
func (n *Namespace) Close() { _ = n.f.Close() }

// FD is the open namespace.
func (n *Namespace) FD() int { return int(n.f.Fd()) }

// Ours tells whether it is the caller's own.
func (n *Namespace) Ours() bool {
	var st unix.Stat_t
	return unix.Stat("/proc/thread-self/ns/net", &st) == nil && st.Ino == n.Inode
}

// In runs f with the calling thread in the namespace.
func (n *Namespace) In(f func() error) error {
	runtime.LockOSThread()
	back, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer back.Close()
	if err := unix.Setns(n.FD(), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", n.Path, err)
	}
	err = f()
	if e := unix.Setns(int(back.Fd()), unix.CLONE_NEWNET); e != nil {
		// The thread stays locked, and ends with the goroutine.
		return fmt.Errorf("leave %s: %w", n.Path, e)
	}
	runtime.UnlockOSThread()
	return err
}

// Sysctl writes a setting of an interface of ours, in the caller's namespace;
// key is "ipv4/conf", "ipv6/conf" or "ipv4/neigh". A kernel without IPv6 has
// none of those.
func Sysctl(key, link, name, value string) error {
	err := os.WriteFile("/proc/sys/net/"+key+"/"+link+"/"+name, []byte(value), 0)
	if os.IsNotExist(err) && (key[:4] == "ipv6" || name == "force_forwarding") {
		return nil
	}
	return err
}

// ReadSysctl reads one, "" if there is none.
func ReadSysctl(key, link, name string) string {
	b, err := os.ReadFile("/proc/sys/net/" + key + "/" + link + "/" + name)
	if err != nil || len(b) == 0 {
		return ""
	}
	return string(b[:len(b)-1])
}
