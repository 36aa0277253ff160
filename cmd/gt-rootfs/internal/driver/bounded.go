package driver

import (
	"errors"
	"runtime"

	"golang.org/x/sys/unix"
)

// bounded mounts an overlay whose upper layer has a quota. overlayfs writes with
// the capabilities of who mounted it, and who has CAP_SYS_RESOURCE is beyond
// the limits of a quota (capabilities(7)).
func bounded(mount func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var old, less [2]unix.CapUserData
	if err := unix.Capget(&head, &old[0]); err != nil {
		return err
	}
	less = old
	less[0].Effective &^= 1 << unix.CAP_SYS_RESOURCE
	if err := unix.Capset(&head, &less[0]); err != nil {
		return err
	}
	return errors.Join(mount(), unix.Capset(&head, &old[0]))
}
