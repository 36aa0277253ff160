package sys

import (
	"golang.org/x/sys/unix"
)

// CapGet returns the permitted set of the calling thread.
func CapGet() (permitted uint64, err error) {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return 0, err
	}
	return uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32, nil
}
