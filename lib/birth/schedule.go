package birth

import (
	"os"
	"runtime"
	"strings"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// onCPUs makes a process on the CPUs that the request names, before it is in
// the container's group (config.md, "execCPUAffinity").
func (r *Request) onCPUs(make func() (*Born, error)) (*Born, error) {
	if r.Affinity == "" {
		return make()
	}
	const member = "/process/execCPUAffinity/initial"
	mask, ok := cred.Bits(r.Affinity)
	if !ok {
		return nil, fail.Spec(member, "have %q, need a list like 0-3,7", r.Affinity)
	}
	var set, old unix.CPUSet
	for i, word := range mask {
		for bit := range 64 {
			if word&(1<<bit) != 0 {
				set.Set(64*i + bit)
			}
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return nil, err
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return nil, &fail.Error{Code: fail.CodeStep, Op: "bind to CPUs " + r.Affinity, Member: member, Cause: err}
	}
	born, err := make()
	if berr := unix.SchedSetaffinity(0, &old); err == nil && berr != nil {
		born.Kill()
		return nil, berr
	}
	return born, err
}

// Schedule is the parent's part where a user namespace takes the right for it
// away from the child: the steps of cred.Schedule from outside.
func Schedule(pid int, p *specs.Process) error {
	pl := &plan.Plan{}
	cred.Schedule(p, pl, cred.Options{})
	for i := range pl.Steps {
		s := &pl.Steps[i]
		var errno syscall.Errno
		if s.Op == plan.OpScheduler {
			errno = setScheduler(pid, p.Scheduler)
		} else {
			_, _, errno = unix.RawSyscall(unix.SYS_IOPRIO_SET, 1, uintptr(pid), uintptr(s.Flags)) // IOPRIO_WHO_PROCESS
		}
		if errno != 0 {
			return &fail.Error{
				Code: fail.CodeStep, Op: Words(s), Member: s.Member, Cause: errno, Hint: hintSchedule(s, errno),
			}
		}
	}
	return nil
}

func setScheduler(pid int, s *specs.Scheduler) syscall.Errno {
	attr := cred.SchedAttr(s)
	at := func(from, n int) (v uint64) {
		for i := range n {
			v |= uint64(attr[from+i]) << (8 * i)
		}
		return v
	}
	err := unix.SchedSetAttr(pid, &unix.SchedAttr{
		Size: uint32(at(0, 4)), Policy: uint32(at(4, 4)), Flags: at(8, 8), Nice: s.Nice, Priority: uint32(s.Priority),
		Runtime: s.Runtime, Deadline: s.Deadline, Period: s.Period,
	}, 0)
	errno, _ := err.(syscall.Errno)
	return errno
}

// groupRealtime is there with real-time groups of cgroup v1.
const groupRealtime = "/sys/fs/cgroup/cpu/cpu.rt_runtime_us"

func hintSchedule(s *plan.Step, errno syscall.Errno) string {
	switch {
	case errno != unix.EPERM:
	case lacks(unix.CAP_SYS_NICE):
		return "CAP_SYS_NICE is missing"
	case (s.Path == string(specs.SchedFIFO) || s.Path == string(specs.SchedRR)) && unix.Access(groupRealtime, unix.F_OK) == nil:
		return "cgroups have real-time of their own here: /linux/resources/cpu/realtimeRuntime gives it"
	}
	return ""
}

// hintMemory: the policy's nodes have to be of the machine.
func hintMemory(errno syscall.Errno) string {
	online, err := os.ReadFile("/sys/devices/system/node/online")
	if errno != unix.EINVAL || err != nil {
		return ""
	}
	return "the machine has nodes " + strings.TrimSpace(string(online))
}
