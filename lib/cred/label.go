package cred

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// A Security is what tells that the kernel confines by labels, and where a
// process says how the program that it executes is to be confined.
type Security struct {
	AppArmor, SELinux string // files that are there only if it is at work
	Exec              string // of /proc/thread-self/attr
}

// security of this kernel. AppArmor has a directory of its own since Linux
// 5.8, for kernels with several modules.
var security = Security{
	AppArmor: "/sys/module/apparmor/parameters/enabled",
	SELinux:  "/sys/fs/selinux/class/process",
	Exec:     "/proc/thread-self/attr/apparmor/exec",
}

// unconfined is the profile of who has none.
const unconfined = "unconfined"

// Labels makes the steps for the labels of the program to come. They stand
// before no_new_privs, with which the kernel may refuse a change of profile.
func Labels(p *specs.Process, pl *plan.Plan) {
	if p.SelinuxLabel != "" {
		pl.Add(plan.Step{Op: plan.OpLabel, Member: "/process/selinuxLabel", Path: "exec", Data: p.SelinuxLabel})
	}
	if p.ApparmorProfile != "" && security.armored() {
		path := "exec"
		if unix.Access(security.Exec, unix.F_OK) == nil {
			path = "apparmor/exec"
		}
		pl.Add(plan.Step{Op: plan.OpLabel, Member: "/process/apparmorProfile", Path: path, Data: "exec " + p.ApparmorProfile})
	}
}

// KeyLabel makes the step for the label of the session keyring to come. The
// kernel forgets it when the program is executed.
func KeyLabel(p *specs.Process, pl *plan.Plan) {
	if p.SelinuxLabel != "" {
		pl.Add(plan.Step{Op: plan.OpLabel, Member: "/process/selinuxLabel", Path: "keycreate", Data: p.SelinuxLabel})
	}
}

// Lacks names the members of a process that this kernel cannot carry out.
func Lacks(p *specs.Process) []*fail.Error {
	var list []*fail.Error
	lack := func(member, format string, args ...any) {
		e := fail.New(fail.CodeKernel, format, args...)
		e.Member = member
		list = append(list, e)
	}
	if p.ApparmorProfile != "" && p.ApparmorProfile != unconfined && !security.armored() {
		lack("/process/apparmorProfile", "have %q and a kernel without AppArmor, need one with it, or %s", p.ApparmorProfile, unconfined)
	}
	if p.SelinuxLabel != "" && !security.labeled() {
		lack("/process/selinuxLabel", "have %q and a kernel without a SELinux policy, need one with it, or no label", p.SelinuxLabel)
	}
	if s := p.Scheduler; s != nil && s.Policy == specs.SchedISO {
		lack("/process/scheduler/policy", "have SCHED_ISO, which no Linux kernel has, need one of sched(7)")
	}
	return list
}

// MountLabel says why a kernel cannot label mounts, nil if it can or need not.
func MountLabel(label string) error {
	if label == "" || security.labeled() {
		return nil
	}
	e := fail.New(fail.CodeKernel, "have %q and a kernel without a SELinux policy, need one with it, or no label", label)
	e.Member = "/linux/mountLabel"
	return e
}

// armored tells whether AppArmor is there and at work.
func (s *Security) armored() bool {
	b, err := os.ReadFile(s.AppArmor)
	return err == nil && len(b) > 0 && b[0] == 'Y'
}

// labeled tells whether SELinux has a policy: there is none without the class of
// processes, and libselinux takes an unmounted filesystem for none.
func (s *Security) labeled() bool { return unix.Access(s.SELinux, unix.F_OK) == nil }
