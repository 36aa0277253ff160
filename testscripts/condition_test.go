package testscripts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// condition answers the brackets of a scenario:
//
//	[root]         effective user 0
//	[v1] [hybrid] [v2]   how the host mounts cgroups
//	[systemd]      systemd is the first process
//	[vm]           this is the machine of scripts/vm.sh
//	[userns]       a user namespace can be made
//	[cap:NAME]     this process has the capability, by number or name without CAP_
//	[kernel:M.N]   the kernel is that or newer
//	[fs:NAME]      /proc/filesystems lists it
//	[peer:NAME]    scripts/install-peers.sh has put the runtime there
//	[engine:NAME]  the programs of containerd, podman or docker are in PATH
//	[tool:NAME]    it is among the binaries under test
//	[controller:NAME]  the cgroup controller is there, v1 or v2
//	[file:PATH]    the path exists
//	[mapper]       the kernel has the device mapper
//	[link:KIND]    the kernel has links of that kind on another one
//	[sctp]         the kernel has SCTP
//	[softdirty]    the kernel tracks which pages were written to, by what criu says
func condition(cond string) (bool, error) {
	name, arg, _ := strings.Cut(cond, ":")
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "v1", "hybrid", "v2":
		return cgroupMode() == name, nil
	case "systemd":
		_, err := os.Stat("/run/systemd/system")
		return err == nil, nil
	case "vm":
		return emulated(), nil
	case "userns":
		return exec.Command("unshare", "--user", "--map-root-user", "true").Run() == nil, nil
	case "cap":
		return hasCapability(arg)
	case "kernel":
		return kernelAtLeast(arg)
	case "fs":
		data, err := os.ReadFile("/proc/filesystems")
		return hasWord(data, arg), err
	case "peer":
		_, err := os.Stat(filepath.Join(peers(), "bin", arg))
		return err == nil, nil
	case "engine":
		return hasEngine(arg)
	case "tool":
		_, err := os.Stat(filepath.Join(binDir, arg))
		return err == nil, nil
	case "controller":
		data, err := os.ReadFile("/proc/cgroups")
		if v2, e := os.ReadFile("/sys/fs/cgroup/cgroup.controllers"); e == nil {
			data = v2
		}
		return hasWord(data, arg), err
	case "softdirty":
		return exec.Command("criu", "check", "--feature", "mem_dirty_track").Run() == nil, nil
	case "link":
		kind := map[string]string{"vlan": "vlan id 7"}[arg]
		if kind == "" {
			kind = arg
		}
		return exec.Command("unshare", "--net", "sh", "-c", "ip link add v1 type veth peer name v2 && ip link add v3 link v1 type "+kind).Run() == nil, nil
	case "sctp":
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP)
		unix.Close(fd)
		return err == nil, nil
	case "file":
		_, err := os.Stat(arg)
		return err == nil, nil
	case "mapper": // some program may have made the node where the kernel has none
		fd, err := unix.Open("/dev/mapper/control", unix.O_RDWR|unix.O_CLOEXEC, 0)
		unix.Close(fd)
		return err == nil, nil
	}
	return false, fmt.Errorf("condition [%s]: unknown, see condition_test.go", cond)
}

// emulated tells whether this is the machine of scripts/vm.sh.
func emulated() bool {
	_, err := os.Stat("/run/vm/cmd")
	return err == nil
}

// programs of an engine belong together.
var programs = map[string][]string{
	"containerd": {"containerd", "containerd-shim-runc-v2", "ctr"},
	"podman":     {"podman", "conmon"},
	"docker":     {"dockerd", "containerd", "containerd-shim-runc-v2", "docker"},
}

func hasEngine(name string) (bool, error) {
	list, ok := programs[name]
	if !ok {
		return false, fmt.Errorf("condition [engine:%s]: unknown, see condition_test.go", name)
	}
	for _, p := range list {
		if _, err := exec.LookPath(p); err != nil {
			return false, nil //nolint:nilerr // the answer
		}
	}
	return true, nil
}

func hasWord(text []byte, word string) bool {
	for _, w := range strings.Fields(string(text)) {
		if w == word {
			return true
		}
	}
	return false
}

// cgroupMode is v2 if /sys/fs/cgroup is one, hybrid if a cgroup2 is mounted
// below it beside v1 controllers, else v1.
func cgroupMode() string {
	var st unix.Statfs_t
	if unix.Statfs("/sys/fs/cgroup", &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
		return "v2"
	}
	if unix.Statfs("/sys/fs/cgroup/unified", &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
		return "hybrid"
	}
	return "v1"
}

// capNumbers are the capabilities that scenarios ask for (linux/capability.h).
var capNumbers = map[string]uint{
	"CHOWN": 0, "DAC_OVERRIDE": 1, "SETUID": 7, "NET_ADMIN": 12, "NET_RAW": 13, "SYS_MODULE": 16,
	"SYS_CHROOT": 18, "SYS_PTRACE": 19, "SYS_ADMIN": 21, "SYS_NICE": 23, "SYS_RESOURCE": 24,
	"SYS_TIME": 25, "MKNOD": 27, "SETFCAP": 31, "MAC_ADMIN": 33, "BPF": 39, "CHECKPOINT_RESTORE": 40,
}

func hasCapability(name string) (bool, error) {
	n, ok := capNumbers[strings.TrimPrefix(name, "CAP_")]
	if !ok {
		return false, fmt.Errorf("condition [cap:%s]: unknown, see condition_test.go", name)
	}
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	_, rest, _ := strings.Cut(string(data), "CapEff:\t")
	hex, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(hex, 16, 64)
	return set&(1<<n) != 0, err
}

func kernelAtLeast(want string) (bool, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return false, err
	}
	var have, need [2]int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &have[0], &have[1]); err != nil {
		return false, err
	}
	if _, err := fmt.Sscanf(want, "%d.%d", &need[0], &need[1]); err != nil {
		return false, fmt.Errorf("condition [kernel:%s]: need M.N", want)
	}
	return have[0] > need[0] || have[0] == need[0] && have[1] >= need[1], nil
}
