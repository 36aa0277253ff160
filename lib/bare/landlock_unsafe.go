package bare

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ruleset is landlock_create_ruleset(2): rights to files, rights to ports,
// scopes. The descriptor is the caller's and close-on-exec.
func Ruleset(attr *[3]uint64) (int, Errno) {
	size := unsafe.Sizeof(*attr)
	for size > 8 && attr[size/8-1] == 0 { // an older kernel knows fewer
		size -= 8
	}
	fd, _, e := syscall.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(attr)), size, 0)
	return int(fd), e
}

// AllowPath gives rights below an open path (landlock_add_rule(2)).
func AllowPath(ruleset int, rights uint64, path int) Errno {
	attr := struct { // packed: 12 bytes
		rights [2]uint32
		fd     int32
	}{rights: [2]uint32{uint32(rights), uint32(rights >> 32)}, fd: int32(path)} // little-endian, as all of ours
	_, _, e := syscall.RawSyscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	return e
}

// AllowPort gives rights for a TCP port.
func AllowPort(ruleset int, rights, port uint64) Errno {
	const rulePort = 2 // LANDLOCK_RULE_NET_PORT
	attr := [2]uint64{rights, port}
	_, _, e := syscall.RawSyscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), rulePort, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	return e
}

// Restrict puts the ruleset in force for this thread and what it executes
// (landlock_restrict_self(2)).
func Restrict(ruleset int) Errno {
	_, _, e := syscall.RawSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(ruleset), 0, 0)
	return e
}
