package seccomp

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func number(n uint) *uint { return &n }

func rule(act specs.LinuxSeccompAction, names ...string) specs.LinuxSyscall {
	return specs.LinuxSyscall{Names: names, Action: act}
}

func TestProfilesThatDifferHaveDifferentBytes(t *testing.T) {
	withArgs := func(args ...specs.LinuxSeccompArg) specs.LinuxSeccomp {
		r := rule(specs.ActAllow, "a")
		r.Args = args
		return specs.LinuxSeccomp{Syscalls: []specs.LinuxSyscall{r}}
	}
	profiles := []specs.LinuxSeccomp{
		{},
		{DefaultAction: specs.ActAllow},
		{DefaultAction: specs.ActErrno},
		{DefaultAction: specs.ActErrno, DefaultErrnoRet: number(0)},
		{DefaultAction: specs.ActErrno, DefaultErrnoRet: number(1)},
		{DefaultAction: specs.ActErrno, DefaultErrnoRet: number(128)},
		{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86, specs.ArchX32}},
		{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX32, specs.ArchX86}},
		{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX32 + specs.ArchX86}},
		{Syscalls: []specs.LinuxSyscall{rule(specs.ActAllow, "ab")}},
		{Syscalls: []specs.LinuxSyscall{rule(specs.ActAllow, "a", "b")}},
		{Syscalls: []specs.LinuxSyscall{rule(specs.ActAllow, "b", "a")}},
		{Syscalls: []specs.LinuxSyscall{rule(specs.ActAllow, "a"), rule(specs.ActAllow, "b")}},
		{Syscalls: []specs.LinuxSyscall{rule(specs.ActLog, "a"), rule(specs.ActAllow, "b")}},
		{Syscalls: []specs.LinuxSyscall{{Names: []string{"a"}, Action: specs.ActErrno, ErrnoRet: number(1)}}},
		withArgs(specs.LinuxSeccompArg{Index: 1}),
		withArgs(specs.LinuxSeccompArg{Value: 1}),
		withArgs(specs.LinuxSeccompArg{ValueTwo: 1}),
		withArgs(specs.LinuxSeccompArg{Op: specs.OpEqualTo}),
		withArgs(specs.LinuxSeccompArg{}, specs.LinuxSeccompArg{}),
	}
	seen := map[string]int{}
	for i := range profiles {
		b := string(appendProfile(nil, &profiles[i]))
		if j, ok := seen[b]; ok {
			t.Errorf("profiles %d and %d have the same bytes", j, i)
		}
		seen[b] = i
	}
}

// What does not change the instructions does not make a second cache file.
func TestKeyLeavesInstallingOut(t *testing.T) {
	a := specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
	b := a
	b.Flags, b.ListenerPath, b.ListenerMetadata = []specs.LinuxSeccompFlag{"x"}, "/x", "x"
	if !bytes.Equal(keyOf(&a, "s", helper{}), keyOf(&b, "s", helper{})) {
		t.Error("flags or listener change the key")
	}
	for _, other := range [][]byte{keyOf(&a, "t", helper{}), keyOf(&a, "s", helper{size: 1}), keyOf(&a, "s", helper{mtime: 1})} {
		if bytes.Equal(other, keyOf(&a, "s", helper{})) {
			t.Error("another build has the same key")
		}
	}
}

// Two profiles from the bytes of the fuzzer have the same canonical form only
// if they are the same, and the form for the compiler is JSON that says the
// same.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte("a\x00b"), []byte("ab\x00"))
	f.Add([]byte("\x01\x02read"), []byte("\x01\x02rea\x00d"))
	f.Add([]byte("\"\\\n\x00\x7f"), []byte(""))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, y := fromBytes(a), fromBytes(b)
		same := string(appendProfile(nil, x)) == string(appendProfile(nil, y))
		if same != reflect.DeepEqual(x, y) {
			t.Errorf("%+v\n%+v\nsame bytes: %v", x, y, same)
		}
		var back specs.LinuxSeccomp
		text := appendJSON(nil, x)
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if string(appendProfile(nil, &back)) != string(appendProfile(nil, x)) {
			t.Errorf("%s is not %+v", text, x)
		}
	})
}

// fromBytes takes a profile out of arbitrary bytes.
func fromBytes(b []byte) *specs.LinuxSeccomp {
	next := func() byte {
		if len(b) == 0 {
			return 0
		}
		c := b[0]
		b = b[1:]
		return c
	}
	text := func() string {
		var s []rune // the spec is JSON, so its strings are UTF-8
		for n := next() % 4; n > 0; n-- {
			s = append(s, rune(next()))
		}
		return string(s)
	}
	optional := func() *uint {
		if n := next(); n%2 == 1 {
			return number(uint(n) << (next() % 32))
		}
		return nil
	}
	s := &specs.LinuxSeccomp{DefaultAction: specs.LinuxSeccompAction(text()), DefaultErrnoRet: optional()}
	for n := next() % 3; n > 0; n-- {
		s.Architectures = append(s.Architectures, specs.Arch(text()))
	}
	for n := next() % 3; n > 0; n-- {
		r := specs.LinuxSyscall{Action: specs.LinuxSeccompAction(text()), ErrnoRet: optional()}
		for n := next() % 3; n > 0; n-- {
			r.Names = append(r.Names, text())
		}
		for n := next() % 3; n > 0; n-- {
			r.Args = append(r.Args, specs.LinuxSeccompArg{
				Index: uint(next()), Value: uint64(next()) << (next() % 64), ValueTwo: uint64(next()),
				Op: specs.LinuxSeccompOperator(text()),
			})
		}
		s.Syscalls = append(s.Syscalls, r)
	}
	return s
}
