package config

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// every is all capabilities; the index is the number (capabilities(7)).
var every = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
	LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
	SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
	AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON
	BPF CHECKPOINT_RESTORE`)

// usual is the set that Docker gives a container.
var usual = strings.Fields(`AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW
	SETFCAP SETGID SETPCAP SETUID SYS_CHROOT`)

func named(list []string) []string {
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = "CAP_" + name
	}
	return out
}

// Usual is Docker's set.
func Usual() []string { return named(usual) }

// Every is all that this project knows.
func Every() []string { return named(every) }

// Own is what the caller has and therefore can give.
func Own() ([]string, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil, fmt.Errorf("read own capabilities: %w", err)
	}
	var list []string
	for number, name := range every {
		bounding, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(number), 0, 0, 0)
		if err == nil && bounding == 1 && data[number/32].Permitted&(1<<(number%32)) != 0 {
			list = append(list, "CAP_"+name)
		}
	}
	return list, nil
}

// Granted is Docker's set without what the caller does not have.
func Granted() ([]string, error) {
	own, err := Own()
	return slices.DeleteFunc(Usual(), func(name string) bool { return !slices.Contains(own, name) }), err
}

// Choose changes a set as --cap-add and --cap-drop say; ALL means those in own.
// What the caller does not have cannot be added.
func Choose(set, own, add, drop []string) ([]string, error) {
	add, err := capabilities("--cap-add", add)
	if err != nil {
		return nil, err
	}
	drop, err = capabilities("--cap-drop", drop)
	if err != nil {
		return nil, err
	}
	if slices.Contains(add, "ALL") {
		set = slices.Clone(own)
	}
	if slices.Contains(drop, "ALL") {
		set = nil
	}
	for _, name := range add {
		switch {
		case name == "ALL" || slices.Contains(set, name):
		case !slices.Contains(own, name):
			return nil, fail.New(fail.CodePermission, "--cap-add: the caller has no %s to give", name)
		default:
			set = append(set, name)
		}
	}
	set = slices.DeleteFunc(slices.Clone(set), func(name string) bool { return slices.Contains(drop, name) })
	slices.Sort(set)
	return set, nil
}

func capabilities(option string, list []string) ([]string, error) {
	var out []string
	for _, text := range list {
		for word := range strings.SplitSeq(text, ",") {
			name := "CAP_" + strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(word)), "CAP_")
			switch {
			case name == "CAP_ALL":
				name = "ALL"
			case !slices.Contains(Every(), name):
				return nil, fail.Usage("%s: have %q, need a capability such as NET_ADMIN, or ALL", option, word)
			}
			out = append(out, name)
		}
	}
	return out, nil
}
