package main

import (
	"encoding/json"
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// The rules of Docker's profile come out as Docker's own code has them.
func TestResolveAsDockerDoes(t *testing.T) {
	for _, caps := range [][]string{nil, {"CAP_SYS_ADMIN"}, {"CAP_SYS_PTRACE", "CAP_BPF", "CAP_SYS_BOOT"}} {
		theirs, err := moby.GetDefaultProfile(&specs.Spec{Process: &specs.Process{
			Capabilities: &specs.LinuxCapabilities{Bounding: caps},
		}})
		if err != nil {
			t.Fatal(err)
		}
		goal := hostTarget()
		goal.caps = caps
		ours, err := goal.resolve(moby.DefaultProfile())
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(ours)
		b, _ := json.Marshal(theirs)
		if string(a) != string(b) {
			t.Errorf("caps %v: have %s\nwant %s", caps, a, b)
		}
	}
}

func TestResolve(t *testing.T) {
	var goal target
	for _, err := range []error{goal.setCaps("sys_admin,CAP_BPF"), goal.setArch("arm64"), goal.setKernel("5.4.0-x")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		rule string
		want bool
	}{
		{`{"names":["a"]}`, true},
		{`{"name":"a"}`, true},
		{`{"names":["a"],"includes":{"caps":["CAP_SYS_ADMIN","CAP_BPF"]}}`, true},
		{`{"names":["a"],"includes":{"caps":["CAP_SYS_ADMIN","CAP_CHOWN"]}}`, false},
		{`{"names":["a"],"excludes":{"caps":["CAP_CHOWN","CAP_BPF"]}}`, false},
		{`{"names":["a"],"includes":{"arches":["amd64","arm64"]}}`, true},
		{`{"names":["a"],"includes":{"arches":["amd64"]}}`, false},
		{`{"names":["a"],"excludes":{"arches":["arm64"]}}`, false},
		{`{"names":["a"],"includes":{"minKernel":"5.4"}}`, true},
		{`{"names":["a"],"includes":{"minKernel":"5.10"}}`, false},
		{`{"names":["a"],"excludes":{"minKernel":"4.8"}}`, false},
	} {
		s, err := decode([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[`+c.rule+`]}`), goal)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
		} else if (len(s.Syscalls) == 1) != c.want {
			t.Errorf("%s: have %v, want %v", c.rule, !c.want, c.want)
		}
	}
	s, err := decode([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"SCMP_ARCH_X86_64"},
		{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}]}`), goal)
	if err != nil || len(s.Architectures) != 2 || s.Architectures[1] != specs.ArchARM {
		t.Errorf("archMap: %v %v", s, err)
	}
}

func TestWrongOption(t *testing.T) {
	var goal target
	for value, set := range map[string]func(string) error{
		"a,,b": goal.setCaps, "vax": goal.setArch, "six": goal.setKernel, "6": goal.setKernel,
	} {
		if set(value) == nil {
			t.Errorf("%q: accepted", value)
		}
	}
}
