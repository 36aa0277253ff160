// Package cred turns a process's credentials into steps: user and groups,
// capabilities, limits, labels, no_new_privs.
package cred

import "strings"

// names in the order of linux/capability.h.
var names = [...]string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
	"SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
	"IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
	"SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
	"LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
	"WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
}

// Set is a capability set, a bit for each number of capabilities(7).
type Set uint64

// ParseSet reads names like CAP_KILL. What this kernel's table does not have
// is returned in unknown.
func ParseSet(list []string) (set Set, unknown []string) {
	for _, name := range list {
		bit, ok := number(name)
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		set |= 1 << bit
	}
	return set, unknown
}

func number(name string) (int, bool) {
	short := strings.TrimPrefix(strings.ToUpper(name), "CAP_")
	for i, n := range names {
		if n == short {
			return i, true
		}
	}
	return 0, false
}

// Names lists the set as CAP_ names.
func (s Set) Names() []string {
	var list []string
	for i, n := range names {
		if s&(1<<i) != 0 {
			list = append(list, "CAP_"+n)
		}
	}
	return list
}

// All lists every capability known here, for `features`.
func All() []string { return Set(1<<len(names) - 1).Names() }
