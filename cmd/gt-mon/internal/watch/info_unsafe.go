package watch

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From linux/pidfd.h: PIDFD_GET_INFO with the first version of struct
// pidfd_info, 64 bytes; the exit code is there since Linux 6.15.
const (
	getInfo  = 0xc040ff0b
	infoExit = 1 << 3
	infoSize = 64
	exitAt   = 60
)

// exitStatus is the wait status of a process that is no child. The kernel tells
// it once its parent has taken it, /proc before.
func exitStatus(pidfd, pid int) (unix.WaitStatus, bool) {
	var info [infoSize]byte
	binary.NativeEndian.PutUint64(info[:], infoExit)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(pidfd), getInfo, uintptr(unsafe.Pointer(&info[0])))
	if errno == 0 && binary.NativeEndian.Uint64(info[:])&infoExit != 0 {
		return unix.WaitStatus(binary.NativeEndian.Uint32(info[exitAt:])), true
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 50 || fields[0] != "Z" {
		return 0, false
	}
	n, err := strconv.ParseUint(fields[49], 10, 32) // field 52, proc_pid_stat(5)
	return unix.WaitStatus(n), err == nil
}

// waited is the PID that waitid(2) found, 0 for none.
func waited(info *unix.Siginfo) int {
	b := (*[unsafe.Sizeof(*info)]byte)(unsafe.Pointer(info))
	if info.Signo == 0 {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(b[16:]))) // si_pid on a 64-bit kernel
}
