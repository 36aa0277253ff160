package birth

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// hint looks for the reason of a failed step on the host; what it did not find
// it does not guess.
func hint(p *plan.Plan, t plan.Trouble) string {
	s, errno := &p.Steps[t.Step], syscall.Errno(t.Errno)
	switch s.Op {
	case plan.OpBind, plan.OpRoot:
		var st unix.Stat_t
		if t.Why == plan.WhyEscape && s.Dev != 0 && unix.Stat(s.Source, &st) == nil {
			return fmt.Sprintf("the host has device %d:%d there, and a user namespace makes none", unix.Major(st.Rdev), unix.Minor(st.Rdev))
		}
		if _, err := os.Lstat(s.Source); errno == unix.ENOENT && s.Source != "" && os.IsNotExist(err) {
			return "the source does not exist"
		}
	case plan.OpUnmount:
		switch errno {
		case unix.EINVAL:
			return "nothing is mounted there"
		case unix.ELOOP:
			return "a symlink is in the way"
		}
	case plan.OpMount:
		return hintMount(p, s, errno)
	case plan.OpRlimit:
		if errno == unix.EPERM {
			return hintLimit(s)
		}
	case plan.OpSysctl:
		if errno == unix.ENOENT {
			return "this kernel has no such sysctl"
		}
	case plan.OpMknod:
		if errno == unix.EPERM && lacks(unix.CAP_MKNOD) {
			return "CAP_MKNOD is missing"
		}
	case plan.OpPropagation:
		var st unix.Statx_t
		err := unix.Statx(unix.AT_FDCWD, "/", 0, 0, &st)
		if errno == unix.EINVAL && err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
			return "/ is no mount point here, as in a chroot"
		}
	case plan.OpScheduler, plan.OpIOPriority:
		return hintSchedule(s, errno)
	case plan.OpLabel:
		return hintLabel(s, errno)
	case plan.OpMemory:
		return hintMemory(errno)
	case plan.OpRemount, plan.OpReconfigure:
		if errno == unix.EINVAL && t.Note == "" && strings.HasPrefix(s.Member, "/mounts/") {
			return "nothing is mounted there" // the attributes are known ones (mount_setattr(2))
		}
	case plan.OpUser:
		return hintUser(s, t)
	case plan.OpUnshare:
		if errno == unix.ENOSPC {
			return hintNamespaces(s.Flags)
		}
	}
	return ""
}

func lacks(capability int) bool {
	permitted, err := sys.CapGet()
	return err == nil && permitted&(1<<capability) == 0
}

func hintMount(p *plan.Plan, s *plan.Step, errno syscall.Errno) string {
	switch {
	case errno == unix.ENODEV:
		return "this kernel has no filesystem " + s.Type
	case errno == unix.EINVAL && len(s.Args) > 0 && unheard(s.Args[0]):
		return "the SELinux policy has no label " + s.Args[0]
	}
	if s.Type != "sysfs" || errno != unix.EPERM {
		return ""
	}
	for i := range p.Steps {
		if p.Steps[i].Op == plan.OpLoopback {
			return ""
		}
	}
	return "a user namespace mounts sysfs only with a network namespace of its own" // mount_namespaces(7)
}

func hintLabel(s *plan.Step, errno syscall.Errno) string {
	switch {
	case errno == unix.ENOENT && strings.HasPrefix(s.Data, "exec "):
		return "AppArmor has loaded no profile of that name" // apparmor(7)
	case errno == unix.EINVAL && unheard(s.Data):
		return "the SELinux policy has no such label"
	}
	return ""
}

// unheard asks the kernel whether it refuses a label (selinuxfs, "context").
func unheard(label string) bool {
	fd, err := unix.Open("/sys/fs/selinux/context", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(label))
	return err == unix.EINVAL
}

// hintLimit: nobody raises the number of open files above fs.nr_open, and only
// CAP_SYS_RESOURCE any hard limit (getrlimit(2)).
func hintLimit(s *plan.Step) string {
	if s.Nums[0] == unix.RLIMIT_NOFILE {
		var top uint64
		b, err := os.ReadFile("/proc/sys/fs/nr_open")
		if err == nil {
			_, err = fmt.Sscan(string(b), &top)
		}
		if err == nil && s.Nums[2] > top {
			return fmt.Sprintf("sysctl fs.nr_open is %d", top)
		}
	}
	var own unix.Rlimit
	if unix.Getrlimit(int(s.Nums[0]), &own) == nil && s.Nums[2] > own.Max && lacks(unix.CAP_SYS_RESOURCE) {
		return fmt.Sprintf("the hard limit here is %d and CAP_SYS_RESOURCE is missing", own.Max)
	}
	return ""
}

// hintUser: an ID without a mapping is EINVAL (setresuid(2)).
func hintUser(s *plan.Step, t plan.Trouble) string {
	errno := syscall.Errno(t.Errno)
	if errno == unix.EPERM && t.Note == "setgroups" && !lacks(unix.CAP_SETGID) {
		return "this user namespace denies further groups"
	}
	if errno != unix.EINVAL {
		return ""
	}
	switch t.Note {
	case "setresuid":
		return fmt.Sprintf("user %d is not mapped in the user namespace", s.UID)
	case "setresgid":
		return fmt.Sprintf("group %d is not mapped in the user namespace", s.GID)
	case "setgroups":
		return "one of the groups is not mapped in the user namespace"
	}
	return ""
}

//house:table
var limits = []struct {
	flag uint64
	name string
}{
	{unix.CLONE_NEWUSER, "user"},
	{unix.CLONE_NEWPID, "pid"},
	{unix.CLONE_NEWNET, "net"},
	{unix.CLONE_NEWIPC, "ipc"},
	{unix.CLONE_NEWUTS, "uts"},
	{unix.CLONE_NEWNS, "mnt"},
	{unix.CLONE_NEWCGROUP, "cgroup"},
	{unix.CLONE_NEWTIME, "time"},
}

// hintNamespaces finds the limit that is so low that it must be it
// (namespaces(7), "/proc/sys/user").
func hintNamespaces(flags uint64) string {
	for _, l := range limits {
		b, err := os.ReadFile("/proc/sys/user/max_" + l.name + "_namespaces")
		if flags&l.flag != 0 && err == nil && strings.TrimSpace(string(b)) == "0" {
			key := "user.max_" + l.name + "_namespaces"
			return "sysctl " + key + " is 0: sudo sysctl " + key + "=10000"
		}
	}
	return ""
}

// hint looks for the reason why no process could be made.
func (r *Request) hint(err error) string {
	user := r.Namespace.Creates(unix.CLONE_NEWUSER)
	switch {
	case err == unix.ENOSPC:
		return hintNamespaces(r.Namespace.New)
	case err == unix.EACCES && r.Cgroup >= 0:
		// Who moves a process has to own the group that both places lie in.
		return cgroup.Undelegated("")
	case err != unix.EPERM:
	case unix.Geteuid() != 0 && !user:
		return "you are not root and the spec has no user namespace: gt-oci spec --rootless writes one that has"
	case user && is("/proc/sys/kernel/unprivileged_userns_clone", "0"):
		return "sysctl kernel.unprivileged_userns_clone is 0: sudo sysctl kernel.unprivileged_userns_clone=1"
	case user && is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"):
		return "sysctl kernel.apparmor_restrict_unprivileged_userns is 1: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
	}
	return ""
}

func is(file, word string) bool {
	b, err := os.ReadFile(file)
	return err == nil && strings.TrimSpace(string(b)) == word
}
