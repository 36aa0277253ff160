package lint

import (
	"os"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// namespaces: those to join have to be there and of the kind, those to make
// known to the kernel.
func (l *linter) namespaces() error {
	for i, n := range l.spec.Linux.Namespaces {
		set, err := ns.Open([]specs.LinuxNamespace{n})
		if err != nil {
			member := at("/linux/namespaces", i) + "/path"
			l.tell(Error, fail.Details(err).Code, member, strings.TrimPrefix(err.Error(), fail.Details(err).Member+": "))
			continue
		}
		set.Close()
		if _, err := os.Lstat("/proc/self/ns/" + ns.File(n.Type)); os.IsNotExist(err) {
			l.tell(Error, fail.CodeKernel, at("/linux/namespaces", i)+"/type", "the kernel has no "+string(n.Type)+" namespace, need one that has")
		}
	}
	return nil
}

// kernel: seccomp, sysctl and network devices.
func (l *linter) kernel() error {
	for name := range l.spec.Linux.NetDevices {
		if _, err := os.Lstat("/sys/class/net/" + name); os.IsNotExist(err) {
			l.tell(Error, fail.CodeHost, "/linux/netDevices/"+json.Word(name), "have no such device on this host, need it")
		}
	}
	if s := l.spec.Linux.Seccomp; s != nil {
		l.filter(s)
	}
	for key := range l.spec.Linux.Sysctl {
		name := key
		if !strings.Contains(key, "/") {
			name = strings.ReplaceAll(key, ".", "/")
		}
		if _, err := os.Lstat("/proc/sys/" + name); os.IsNotExist(err) {
			l.tell(Warning, fail.CodeKernel, "/linux/sysctl/"+json.Word(key), "the kernel has no such file on this host, need it in the container")
		}
	}
	return nil
}

func (l *linter) filter(s *specs.LinuxSeccomp) {
	for _, err := range seccomp.Findings(s) {
		l.add(Error, err)
	}
	has := seccomp.Features()
	action := func(member string, a specs.LinuxSeccompAction) {
		if slices.Contains(has.Actions, string(a)) && !slices.Contains(has.KernelActions, string(a)) {
			l.tell(Error, fail.CodeKernel, member, "the kernel has no "+string(a)+", need one that has")
		}
	}
	action("/linux/seccomp/defaultAction", s.DefaultAction)
	for i := range s.Syscalls {
		action(at("/linux/seccomp/syscalls", i)+"/action", s.Syscalls[i].Action)
	}
	for i, f := range s.Flags {
		if slices.Contains(has.KnownFlags, string(f)) && !slices.Contains(has.SupportedFlags, string(f)) {
			l.tell(Error, fail.CodeKernel, at("/linux/seccomp/flags", i), "the kernel has no "+string(f)+", need one that has")
		}
	}
}
