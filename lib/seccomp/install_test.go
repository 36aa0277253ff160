package seccomp

import (
	"slices"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }

func TestNoProfile(t *testing.T) {
	for _, s := range []*specs.LinuxSeccomp{nil, {}, {Architectures: []specs.Arch{specs.ArchX86}}} {
		p, err := Filter(s, Options{Helper: "/nonexistent"})
		if err != nil || p.Filter != nil || p.Flags != 0 {
			t.Errorf("%+v %v", p, err)
		}
	}
}

func TestInstall(t *testing.T) {
	type fl = []specs.LinuxSeccompFlag
	notify := []specs.LinuxSyscall{rule(specs.ActNotify, "mkdir")}
	const newListener = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	for name, c := range map[string]struct {
		s      specs.LinuxSeccomp
		flags  uint32
		member string
	}{
		"flags absent": {specs.LinuxSeccomp{}, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, ""},
		"flags empty":  {specs.LinuxSeccomp{Flags: fl{}}, 0, ""},
		"log":          {specs.LinuxSeccomp{Flags: fl{specs.LinuxSeccompFlagLog, flagTSYNC}}, unix.SECCOMP_FILTER_FLAG_LOG, ""},
		"unknown":      {specs.LinuxSeccomp{Flags: fl{specs.LinuxSeccompFlagLog, "x"}}, 0, "/linux/seccomp/flags/1"},
		"notify":       {specs.LinuxSeccomp{Flags: fl{}, ListenerPath: "/s", ListenerMetadata: "m", Syscalls: notify}, newListener, ""},
		"killable": {
			specs.LinuxSeccomp{Flags: fl{specs.LinuxSeccompFlagWaitKillableRecv}, ListenerPath: "/s", Syscalls: notify},
			newListener | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "",
		},
		"killable without notify": {specs.LinuxSeccomp{Flags: fl{specs.LinuxSeccompFlagWaitKillableRecv}}, 0, "/linux/seccomp/flags/0"},
		"notify without path":     {specs.LinuxSeccomp{Syscalls: notify}, 0, "/linux/seccomp/syscalls/0/action"},
		"metadata without path":   {specs.LinuxSeccomp{ListenerMetadata: "m"}, 0, "/linux/seccomp/listenerMetadata"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := install(&c.s)
			if fail.Details(err).Code == fail.CodeKernel {
				t.Skip(err)
			}
			if got := fail.Details(err).Member; got != c.member || (err != nil) != (c.member != "") {
				t.Fatalf("member %q, want %q: %v", got, c.member, err)
			}
			if err == nil && (p.Flags != c.flags || p.NeedsListener != (c.flags&newListener != 0) || p.ListenerPath != c.s.ListenerPath) {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestFeatures(t *testing.T) {
	s := Features()
	for _, l := range [][]string{s.Actions, s.Operators, s.Archs, s.KnownFlags} {
		if len(l) == 0 || !slices.IsSorted(l) {
			t.Errorf("%v is not sorted", l)
		}
	}
	if !slices.Contains(s.KernelActions, "SCMP_ACT_ERRNO") || !slices.Contains(s.SupportedFlags, "SECCOMP_FILTER_FLAG_LOG") {
		t.Errorf("%+v", s)
	}
	if actionSupported(0x12340000) {
		t.Error("an action that does not exist is supported")
	}
	if flagSupported(1 << 30) {
		t.Error("a flag that does not exist is supported")
	}
}
