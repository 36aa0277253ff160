package sys

import "golang.org/x/sys/unix"

// WriteAs has the calling thread make files as this user and group, in numbers of
// its user namespace, and keep its capabilities. Through a mount with moved owners
// nobody writes whom its map does not have. The thread is to end with this
// (setfsuid(2), capabilities(7)).
func WriteAs(uid, gid int) error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var set [2]unix.CapUserData
	if err := unix.Capget(&head, &set[0]); err != nil {
		return err
	}
	if err := unix.Setfsgid(gid); err != nil {
		return err
	}
	if err := unix.Setfsuid(uid); err != nil {
		return err
	}
	// Some were lost with root's number.
	return unix.Capset(&head, &set[0])
}
