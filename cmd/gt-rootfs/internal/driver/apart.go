package driver

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// apart does something in a mount namespace of its own, a copy of ours of which
// nothing shows elsewhere: what is mounted in it goes with its thread, however
// that ends.
func apart(do func() error) error {
	done := make(chan error)
	go func() {
		// Not let go of: a thread that left is good for nothing else.
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() { // whose namespace /proc/self shows
			defer runtime.UnlockOSThread()
			done <- apart(do)
			return
		}
		done <- leave(do)
	}()
	return <-done
}

func leave(do func() error) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare the mounts", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("make the mounts private", err)
	}
	return do()
}

// become makes the thread, which has to be apart, write as whom the map shows
// the files of root. overlayfs does its own work with the credentials of who
// mounted it, and through a mount with moved owners nobody writes whom the map
// does not have; the kernel then makes the overlay read-only.
func become(m *bundle.Map) error {
	uid, haveUID := idmap.Map(m.UID).ToHost(0)
	gid, haveGID := idmap.Map(m.GID).ToHost(0)
	if !haveUID || !haveGID {
		return fail.New(fail.CodeInput, "the map has no 0, need it for an overlay (--driver copy)")
	}
	return sys.WriteAs(int(uid), int(gid))
}
