package applet

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

var capNames = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
	"CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
	"CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ",
	"CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// caps prints the credentials of a process by name: caps [pid].
func caps(args []string) int {
	who := "self"
	if len(args) > 1 {
		who = args[1]
	}
	data, err := os.ReadFile("/proc/" + who + "/status")
	if err != nil {
		return fail(args, "read /proc/%s/status: %s", who, why(err))
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
			fmt.Fprintf(out, "%s: %s\n", key, capSet(value))
		case "NoNewPrivs", "Seccomp", "Seccomp_filters":
			fmt.Fprintf(out, "%s: %s\n", key, value)
		}
	}
	return 0
}

// capSet is the names of a hexadecimal set, "none" or the digits if it has a
// bit without a name.
func capSet(hex string) string {
	bits, err := strconv.ParseUint(hex, 16, 64)
	if err != nil || bits>>len(capNames) != 0 {
		return hex
	}
	var names []string
	for i, name := range capNames {
		if bits&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, " ")
}
