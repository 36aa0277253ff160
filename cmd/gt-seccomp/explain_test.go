//go:build cgo

package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestExplain(t *testing.T) {
	needX86(t)
	const head = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[`
	for _, c := range []struct{ name, rules, line, want string }{
		{"rule", `{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}`, "write 1", "write(1): ALLOW\n/linux/seccomp/syscalls/0 decides: it names write\n"},
		{"default", `{"names":["landlock_restrict_self"],"action":"SCMP_ACT_ALLOW"}`, "write", "write(0): ERRNO(EPERM)\n/linux/seccomp/defaultAction decides: no rule holds\n"},
		{"number", `{"names":["read"],"action":"SCMP_ACT_ALLOW"}`, "0", "read(0): ALLOW\n"},
		{"newer", `{"names":["read"],"action":"SCMP_ACT_ALLOW"}`, "write", "ERRNO(ENOSYS)\n/linux/seccomp/syscalls decides: it names no call that is as new"},
		{"argument", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":38,"op":"SCMP_CMP_LT"}]}`, "socket 37", "decides: it names socket, argument 0 is below 38\n"},
		{"argument, not", `{"names":["socket","landlock_restrict_self"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":38,"op":"SCMP_CMP_LT"}]}`, "socket 38", "/linux/seccomp/defaultAction decides"},
		{"all of two", `{"names":["socket","landlock_restrict_self"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"},{"index":1,"value":1,"op":"SCMP_CMP_NE"}]}`, "socket 2 0x1", "defaultAction"},
		{"either of two", `{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"},{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}`, "socket 1", "it names socket, argument 0 is 1\n"},
		{"masked", `{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":240,"valueTwo":16,"op":"SCMP_CMP_MASKED_EQ"}]}`, "clone 0xf1f", "argument 0 is 0x10 in the bits 0xf0\n"},
		{"negative", `{"names":["kill"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}`, "kill -1 9", "kill(18446744073709551615, 9): ALLOW\n"},
		{"two rules", `{"names":["socket"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},{"names":["socket"],"action":"SCMP_ACT_ALLOW"}`, "socket 2", "/linux/seccomp/syscalls/1 decides: it names socket\n/linux/seccomp/syscalls/0 holds too, and does not decide\n"},
	} {
		s, err := decode([]byte(head+c.rules+"]}"), hostTarget())
		if err != nil {
			t.Fatal(err)
		}
		made := call{arch: specs.ArchX86_64}
		name, err := made.read(strings.Fields(c.line))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		a, err := explained(s, specs.ArchX86_64, made, name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !strings.Contains(a.text(), c.want) {
			t.Errorf("%s: have %s\nneed %s", c.name, a.text(), c.want)
		}
	}
	// The upper half of an argument is nothing to a 32-bit program.
	wide, err := decode([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":4294967295,"op":"SCMP_CMP_EQ"}]}]}`), hostTarget())
	if err != nil {
		t.Fatal(err)
	}
	if a, err := explained(wide, specs.ArchX86_64, call{arch: specs.ArchX86, nr: 136, args: [6]uint64{^uint64(0)}}, "personality"); err != nil || a.Rule != "/linux/seccomp/syscalls/0" {
		t.Errorf("have %+v, %v", a, err)
	}
	for _, line := range []string{"nosuchcall", "read x", "read 1 2 3 4 5 6 7", "read 18446744073709551616"} {
		made := call{arch: specs.ArchX86_64}
		if name, err := made.read(strings.Fields(line)); err == nil {
			t.Errorf("%s: have %s, need an error", line, name)
		}
	}
}

// TestExplainAgrees: whatever a filter answers, something in the profile says
// the same.
func TestExplainAgrees(t *testing.T) {
	needX86(t)
	for _, caps := range [][]string{nil, {"CAP_SYS_ADMIN"}, {"CAP_SYS_PTRACE", "CAP_BPF"}} {
		target := hostTarget()
		target.caps = caps
		s, err := target.resolve(moby.DefaultProfile())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			made := call{arch: []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32, specs.ArchAARCH64}[i%4]}
			made.nr = uint32(rand.IntN(500))
			if made.arch == specs.ArchX32 {
				made.nr |= x32Bit
			}
			for j := range made.args {
				made.args[j] = []uint64{0, 1, 2, 16, 38, 40, 0x20008, 0x7c020000, ^uint64(0), rand.Uint64()}[rand.IntN(10)]
			}
			name, _ := nameOf(tables[made.arch].audit, made.nr)
			if _, err := explained(s, specs.ArchX86_64, made, name); err != nil {
				t.Errorf("%s of %+v: %v", name, made, err)
			}
		}
	}
}
