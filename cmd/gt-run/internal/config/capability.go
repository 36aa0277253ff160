package config

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// usual is the set that Docker gives a container, by number
// (capabilities(7)).
var usual = []struct {
	name   string
	number int
}{
	{"CAP_AUDIT_WRITE", unix.CAP_AUDIT_WRITE},
	{"CAP_CHOWN", unix.CAP_CHOWN},
	{"CAP_DAC_OVERRIDE", unix.CAP_DAC_OVERRIDE},
	{"CAP_FOWNER", unix.CAP_FOWNER},
	{"CAP_FSETID", unix.CAP_FSETID},
	{"CAP_KILL", unix.CAP_KILL},
	{"CAP_MKNOD", unix.CAP_MKNOD},
	{"CAP_NET_BIND_SERVICE", unix.CAP_NET_BIND_SERVICE},
	{"CAP_NET_RAW", unix.CAP_NET_RAW},
	{"CAP_SETFCAP", unix.CAP_SETFCAP},
	{"CAP_SETGID", unix.CAP_SETGID},
	{"CAP_SETPCAP", unix.CAP_SETPCAP},
	{"CAP_SETUID", unix.CAP_SETUID},
	{"CAP_SYS_CHROOT", unix.CAP_SYS_CHROOT},
}

// Usual is Docker's set.
func Usual() []string {
	var list []string
	for _, c := range usual {
		list = append(list, c.name)
	}
	return list
}

// Granted is Docker's set without what the caller does not have and therefore
// cannot give.
func Granted() ([]string, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil, fmt.Errorf("read own capabilities: %w", err)
	}
	var list []string
	for _, c := range usual {
		bounding, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c.number), 0, 0, 0)
		if err == nil && bounding == 1 && data[c.number/32].Permitted&(1<<(c.number%32)) != 0 {
			list = append(list, c.name)
		}
	}
	return list, nil
}
