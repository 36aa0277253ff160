//go:build cgo

package main

import (
	"strings"
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func TestRules(t *testing.T) {
	needX86(t)
	const (
		head = `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":13,"syscalls":[`
		last = `{"names":["landlock_restrict_self"],"action":"SCMP_ACT_ALLOW"},`
	)
	socket := func(args ...uint64) call {
		c := call{arch: specs.ArchX86_64, nr: unix.SYS_SOCKET}
		copy(c.args[:], args)
		return c
	}
	for _, c := range []struct {
		name, rule string
		call       call
		want       string
	}{
		{"allowed", `{"names":["socket"],"action":"SCMP_ACT_ALLOW"}`, socket(), "ALLOW"},
		{"default errno", `{"names":["read"],"action":"SCMP_ACT_ALLOW"}`, socket(), "ERRNO(EACCES)"},
		{"errno of the rule", `{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":97}`, socket(), "ERRNO(EAFNOSUPPORT)"},
		{"errno without number", `{"names":["socket"],"action":"SCMP_ACT_ERRNO"}`, socket(), "ERRNO(EPERM)"},
		{"errno 0", `{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":0}`, socket(), "ERRNO()"},
		{"trace", `{"names":["socket"],"action":"SCMP_ACT_TRACE","errnoRet":65535}`, socket(), "TRACE(65535)"},
		{"kill is of the thread", `{"names":["socket"],"action":"SCMP_ACT_KILL"}`, socket(), "KILL_THREAD"},
		{"kill process", `{"names":["socket"],"action":"SCMP_ACT_KILL_PROCESS"}`, socket(), "KILL_PROCESS"},
		{"trap", `{"names":["socket"],"action":"SCMP_ACT_TRAP"}`, socket(), "TRAP"},
		{"log", `{"names":["socket"],"action":"SCMP_ACT_LOG"}`, socket(), "LOG"},
		{"notify", `{"names":["socket"],"action":"SCMP_ACT_NOTIFY"}`, socket(), "NOTIFY"},
		{"same as the default", `{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":13}`, socket(), "ERRNO(EACCES)"},
		{"unknown name", `{"names":["no_such_call","socket"],"action":"SCMP_ACT_ALLOW"}`, socket(), "ALLOW"},
		{"eq", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}`, socket(2), "ALLOW"},
		{"eq not", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}`, socket(3), "ERRNO(EACCES)"},
		{"eq looks at 64 bits", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}`, socket(2 | 1<<32), "ERRNO(EACCES)"},
		{"lt", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":38,"op":"SCMP_CMP_LT"}]}`, socket(37), "ALLOW"},
		{"lt not", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":38,"op":"SCMP_CMP_LT"}]}`, socket(38), "ERRNO(EACCES)"},
		{"gt", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":4294967296,"op":"SCMP_CMP_GT"}]}`, socket(0, 1<<32+1), "ALLOW"},
		{"gt not", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":4294967296,"op":"SCMP_CMP_GT"}]}`, socket(0, 5), "ERRNO(EACCES)"},
		{"masked", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":2,"value":240,"valueTwo":16,"op":"SCMP_CMP_MASKED_EQ"}]}`, socket(0, 0, 0xf1f), "ALLOW"},
		{"masked not", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":2,"value":240,"valueTwo":16,"op":"SCMP_CMP_MASKED_EQ"}]}`, socket(0, 0, 0x21), "ERRNO(EACCES)"},
		{"two arguments: both", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"},{"index":1,"value":1,"op":"SCMP_CMP_EQ"}]}`, socket(2, 2), "ERRNO(EACCES)"},
		{"one argument twice: either", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}`, socket(2), "ALLOW"},
		{"two NE let all pass", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":38,"op":"SCMP_CMP_NE"},{"index":0,"value":40,"op":"SCMP_CMP_NE"}]}`, socket(38), "ALLOW"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := meet(t, compiled(t, head+last+c.rule+"]}"), c.call); got != c.want {
				t.Errorf("have %s, want %s", got, c.want)
			}
		})
	}
}

func TestNewerCalls(t *testing.T) {
	needX86(t)
	const rules = `"architectures":["SCMP_ARCH_X86","SCMP_ARCH_X32","SCMP_ARCH_X86"],"syscalls":[{"names":["read","openat2"],"action":"SCMP_ACT_ALLOW"}]}`
	const only = `"syscalls":[{"names":["openat2"],"action":"SCMP_ACT_ALLOW"}]}`
	for _, c := range []struct {
		name, profile string
		call          call
		want          string
	}{
		{"named", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX86_64, nr: 437}, "ALLOW"},
		{"older", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX86_64, nr: 436}, "ERRNO(EPERM)"},
		{"newer", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX86_64, nr: 438}, "ERRNO(ENOSYS)"},
		{"newer, i386", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX86, nr: 438}, "ERRNO(ENOSYS)"},
		{"named, i386", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX86, nr: 3}, "ALLOW"},
		{"named, x32", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX32, nr: x32Bit + 437}, "ALLOW"},
		{"newer, x32", `{"defaultAction":"SCMP_ACT_ERRNO",` + rules, call{arch: specs.ArchX32, nr: x32Bit + 999}, "ERRNO(ENOSYS)"},
		{"x32 not in the profile", `{"defaultAction":"SCMP_ACT_ERRNO",` + only, call{arch: specs.ArchX32, nr: x32Bit + 999}, "KILL_THREAD"},
		{"i386 not in the profile", `{"defaultAction":"SCMP_ACT_ERRNO",` + only, call{arch: specs.ArchX86, nr: 999}, "KILL_THREAD"},
		{"other errno", `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,` + rules, call{arch: specs.ArchX86_64, nr: 438}, "ERRNO(ENOSYS)"},
		{"ENOSYS anyway", `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,` + rules, call{arch: specs.ArchX86_64, nr: 438}, "ERRNO(ENOSYS)"},
		{"kill", `{"defaultAction":"SCMP_ACT_KILL_PROCESS",` + rules, call{arch: specs.ArchX86_64, nr: 438}, "ERRNO(ENOSYS)"},
		{"log passes", `{"defaultAction":"SCMP_ACT_LOG",` + only, call{arch: specs.ArchX86_64, nr: 438}, "LOG"},
		{"trace", `{"defaultAction":"SCMP_ACT_TRACE",` + rules, call{arch: specs.ArchX86_64, nr: 438}, "TRACE(1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := meet(t, compiled(t, c.profile), c.call); got != c.want {
				t.Errorf("have %s, want %s", got, c.want)
			}
		})
	}
}

// CVE-2026-31431 and family: families of sockets that Docker's profile keeps
// out of socket(2), whatever the upper half of the register says.
func TestDefaultKeepsSocketFamiliesOut(t *testing.T) {
	needX86(t)
	s, err := hostTarget().resolve(moby.DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	filter, err := filterOf(s, specs.ArchX86_64)
	if err != nil {
		t.Fatal(err)
	}
	archs := []struct {
		arch specs.Arch
		nr   uint32
	}{{specs.ArchX86_64, 41}, {specs.ArchX32, x32Bit + 41}, {specs.ArchX86, 359}}
	for _, a := range archs {
		for _, family := range []uint64{unix.AF_ALG, unix.AF_VSOCK} {
			for _, high := range []uint64{0, 1 << 32, 1<<63 | 1<<40} {
				if got := meet(t, filter, call{a.arch, a.nr, [6]uint64{family | high, 5}}); !strings.HasPrefix(got, "ERRNO") {
					t.Errorf("%s: socket(%#x): %s", a.arch, family|high, got)
				}
			}
		}
		if got := meet(t, filter, call{a.arch, a.nr, [6]uint64{unix.AF_INET, 1}}); got != "ALLOW" {
			t.Errorf("%s: socket(AF_INET): %s", a.arch, got)
		}
	}
}

// The manual says that 32-bit socketcall(2) is let through, since its arguments
// are behind a pointer; the day the profile changes the manual has to as well.
func TestDefaultCannotSeeIntoSocketcall(t *testing.T) {
	needX86(t)
	s, err := hostTarget().resolve(moby.DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	filter, err := filterOf(s, specs.ArchX86_64)
	if err != nil {
		t.Fatal(err)
	}
	if got := meet(t, filter, call{specs.ArchX86, 102, [6]uint64{1}}); got != "ALLOW" {
		t.Errorf("socketcall(SYS_SOCKET): %s", got)
	}
}

func TestWrongProfile(t *testing.T) {
	for profile, member := range map[string]string{
		`{"defaultAction":"SCMP_ACT_NOTIFY"}`:                                                                                               "/linux/seccomp/defaultAction",
		`{"defaultAction":"X"}`:                                                                                                             "/linux/seccomp/defaultAction",
		`{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}`:                                                                            "/linux/seccomp/defaultErrnoRet",
		`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4096}`:                                                                         "/linux/seccomp/defaultErrnoRet",
		`{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","VAX"]}`:                                                     "/linux/seccomp/architectures/1",
		`{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_S390X"]}`:                                                            "/linux/seccomp/architectures/0",
		`{"defaultAction":"SCMP_ACT_ERRNO","flags":["X"]}`:                                                                                  "/linux/seccomp/flags/0",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":[],"action":"SCMP_ACT_ALLOW"}]}`:                                            "/linux/seccomp/syscalls/0/names",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a",""],"action":"SCMP_ACT_ALLOW"}]}`:                                      "/linux/seccomp/syscalls/0/names/1",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["write"],"action":"SCMP_ACT_NOTIFY"}]}`:                                    "/linux/seccomp/syscalls/0/names/0",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]}`: "/linux/seccomp/syscalls/0/args/0/index",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"op":"EQ"}]}]}`:          "/linux/seccomp/syscalls/0/args/0/op",
		`{"ociVersion":"1.3.0","linux":{}}`:                                                                                                 "/linux/seccomp",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[null]}`:                                                                              "/linux/seccomp/syscalls/0",
		`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"name":"a","names":["b"]}]}`:                                                        "/linux/seccomp/syscalls/0/name",
		`{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"archMap":[{}]}`:                                               "/linux/seccomp/archMap",
	} {
		s, err := decode([]byte(profile), hostTarget())
		if err == nil {
			_, err = filterOf(s, hostTarget().arch)
		}
		if got := fail.Details(err).Member; got != member {
			t.Errorf("%s: member is %q, want %q: %v", profile, got, member, err)
		}
		if fail.Exit(err) != fail.ExitUsage {
			t.Errorf("%s: exit code is %d", profile, fail.Exit(err))
		}
	}
}
