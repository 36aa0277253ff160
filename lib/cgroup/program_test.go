package cgroup

import (
	"math/rand/v2"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// run interprets a device program; it fails where the verifier would.
func run(t *testing.T, prog []insn, ctx [3]uint32) bool {
	var r [11]uint32
	for at := 0; at < len(prog); at++ {
		in := prog[at]
		to, from := in.regs&15, in.regs>>4
		switch in.code {
		case 0x61:
			r[to] = ctx[in.off/4]
		case 0xbc:
			r[to] = r[from]
		case 0x4c:
			r[to] |= r[from]
		case 0x54:
			r[to] &= uint32(in.imm)
		case 0x64:
			r[to] <<= in.imm
		case 0x74:
			r[to] >>= in.imm
		case 0xb7:
			r[to] = uint32(in.imm)
		case jumpUnless:
			if r[to] != uint32(in.imm) {
				at += int(in.off)
			}
		case jumpIf:
			if r[to] == uint32(in.imm) {
				at += int(in.off)
			}
		case 0x95:
			return r[0] == 1
		default:
			t.Fatalf("have instruction %#x", in.code)
		}
	}
	t.Fatal("have a program without an end")
	return false
}

// reached marks what some path comes to: the verifier refuses the rest.
func reached(prog []insn, at int, seen []bool) {
	for ; !seen[at]; at++ {
		seen[at] = true
		if prog[at].code == 0x95 {
			return
		}
		if c := prog[at].code; c == jumpUnless || c == jumpIf {
			reached(prog, at+1+int(prog[at].off), seen)
		}
	}
}

// fits is what the rules mean: for each access, the last one that fits says it.
func fits(rules []specs.LinuxDeviceCgroup, ctx [3]uint32) bool {
	same := func(n *int64, have uint32) bool { return n == nil || *n < 0 || *n == int64(have) }
	allowed := uint32(0)
	for _, r := range rules {
		kind := typeOf(r.Type) == 0 || uint32(typeOf(r.Type)) == ctx[0]&0xffff
		switch {
		case !kind || !same(r.Major, ctx[1]) || !same(r.Minor, ctx[2]):
		case r.Allow:
			allowed |= uint32(access(r.Access))
		default:
			allowed &^= uint32(access(r.Access))
		}
	}
	return ctx[0]>>16&^allowed == 0
}

// TestAssemble compares programs of random rules with their meaning, on devices
// that some rule names and on others.
func TestAssemble(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	numbers := []int64{-1, 0, 1, 3, 4095, 4096, 1<<20 - 1, 1 << 20, 1<<32 + 1}
	number := func() *int64 { return []*int64{nil, &numbers[r.IntN(len(numbers))], &numbers[1+r.IntN(3)]}[r.IntN(3)] }
	for range 3000 {
		rules := make([]specs.LinuxDeviceCgroup, r.IntN(12))
		for i := range rules {
			rules[i] = specs.LinuxDeviceCgroup{
				Allow: r.IntN(2) == 0, Type: []string{"", "a", "b", "c", "c"}[r.IntN(5)], Major: number(), Minor: number(),
				Access: []string{"", "rwm", "r", "wm", "m"}[r.IntN(5)],
			}
		}
		prog := assemble(rules)
		seen := make([]bool, len(prog))
		reached(prog, 0, seen)
		for i, ok := range seen {
			if !ok {
				t.Fatalf("%+v: instruction %d of %d is never reached", rules, i, len(prog))
			}
		}
		for range 50 {
			ctx := [3]uint32{uint32(1+r.IntN(7))<<16 | uint32(1+r.IntN(2)), []uint32{0, 1, 3, 4095}[r.IntN(4)], []uint32{0, 1, 3, 1<<20 - 1}[r.IntN(4)]}
			if have, want := run(t, prog, ctx), fits(rules, ctx); have != want {
				t.Fatalf("%+v: device %#x: have %v, need %v", rules, ctx, have, want)
			}
		}
	}
}

// More rules of one type than one jump can pass over.
func TestAssembleMany(t *testing.T) {
	rules := make([]specs.LinuxDeviceCgroup, 20_000)
	for i := range rules {
		rules[i] = specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: number(int64(i % 4096)), Minor: number(int64(i))}
	}
	prog := assemble(rules)
	for _, c := range []struct {
		kind, number uint32
		want         bool
	}{{2, 0, true}, {2, 4000, true}, {1, 4000, false}} {
		if have := run(t, prog, [3]uint32{1<<16 | c.kind, c.number, c.number}); have != c.want {
			t.Errorf("type %d %d: have %v", c.kind, c.number, have)
		}
	}
}
