package cgroup

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// insn is struct bpf_insn.
type insn struct {
	code uint8
	regs uint8 // destination, source << 4
	off  int16
	imm  int32
}

// The registers of a device program.
const (
	rKind   = 2 // BPF_DEVCG_DEV_BLOCK 1, BPF_DEVCG_DEV_CHAR 2
	rAccess = 3 // access bits that no rule has decided on yet
	rDevice = 4 // major << 20 | minor, as dev_t has them
	rMinor  = 5
	rMajor  = 6
)

// Jumps by uint32(register); Linux 5.1.
const (
	jumpUnless = 0x56 // != imm
	jumpIf     = 0x16 // == imm
)

// assemble makes a program of type BPF_PROG_TYPE_CGROUP_DEVICE. Its context
// has the access and type word, major, minor; for each access the last rule that
// fits wins, so they are tried from the end.
//
// The kernel walks every path through it, at each birth: so neighbours of one
// type share the question for it, and a device is asked for by one comparison.
func assemble(rules []specs.LinuxDeviceCgroup) []insn {
	const load, move, and, right, left, or = 0x61, 0xbc, 0x54, 0x74, 0x64, 0x4c
	prog := []insn{
		{load, rKind | 1<<4, 0, 0},
		{move, rAccess | rKind<<4, 0, 0},
		{and, rKind, 0, 0xffff},
		{right, rAccess, 0, 16},
		{load, rMajor | 1<<4, 4, 0},
		{load, rMinor | 1<<4, 8, 0},
		{move, rDevice | rMajor<<4, 0, 0},
		{left, rDevice, 0, 20},
		{or, rDevice | rMinor<<4, 0, 0},
	}
	for end := len(rules); end > 0; {
		from, run, settled := neighbours(rules[:end])
		end = from
		if t := typeOf(rules[from].Type); t != 0 && len(run) > 0 {
			prog = append(prog, insn{jumpUnless, rKind, int16(len(run)), t})
		} else if settled {
			return append(prog, run...) // fits everything, so nothing before it counts
		}
		prog = append(prog, run...)
	}
	return append(prog, verdict(false)...)
}

// neighbours is the program for the last rules, those of one type: from is the
// first of them. settled: one of them fits all of its type, and what would come
// after it is left out, since the kernel refuses what is never reached.
func neighbours(rules []specs.LinuxDeviceCgroup) (from int, run []insn, settled bool) {
	const most = 4096 // instructions, within the reach of a jump
	from = len(rules)
	t := typeOf(rules[from-1].Type)
	for from > 0 && typeOf(rules[from-1].Type) == t && len(run) < most {
		from--
		if settled {
			continue
		}
		body := body(&rules[from])
		run = append(run, body...)
		settled = len(body) == len(verdict(true))
	}
	return from, run, settled
}

// body is one rule, but for its type; nothing for one that fits no device.
func body(r *specs.LinuxDeviceCgroup) []insn {
	const move, and = 0xbc, 0x54
	var list []insn
	hi, lo := r.Major != nil && *r.Major >= 0, r.Minor != nil && *r.Minor >= 0
	switch {
	case hi && *r.Major >= 1<<12, lo && *r.Minor >= 1<<20:
		return nil
	case hi && lo:
		list = append(list, insn{jumpUnless, rDevice, 0, int32(uint32(*r.Major)<<20 | uint32(*r.Minor))})
	case hi:
		list = append(list, insn{jumpUnless, rMajor, 0, int32(*r.Major)})
	case lo:
		list = append(list, insn{jumpUnless, rMinor, 0, int32(*r.Minor)})
	}
	switch bits := access(r.Access); {
	case bits == 7:
	case r.Allow: // the others are left to ask for
		list = append(list, insn{and, rAccess, 0, ^bits & 7}, insn{jumpUnless, rAccess, 0, 0})
	default: // to read and write is to write
		list = append(list, insn{move, 1 | rAccess<<4, 0, 0}, insn{and, 1, 0, bits}, insn{jumpIf, 1, 0, 0})
	}
	list = append(list, verdict(r.Allow)...)
	for i := range list {
		if c := list[i].code; c == jumpUnless || c == jumpIf {
			list[i].off = int16(len(list) - i - 1)
		}
	}
	return list
}

func verdict(allow bool) []insn {
	code := insn{code: 0xb7}
	if allow {
		code.imm = 1
	}
	return []insn{code, {code: 0x95}}
}

// typeOf is the kernel's number, 0 for any.
func typeOf(word string) int32 {
	switch word {
	case "b":
		return 1
	case "c":
		return 2
	}
	return 0
}

const accesses = "mrw"

// access: BPF_DEVCG_ACC_MKNOD 1, READ 2, WRITE 4.
func access(word string) int32 {
	if word == "" {
		return 7
	}
	var bits int32
	for i, c := range accesses {
		if strings.ContainsRune(word, c) {
			bits |= 1 << i
		}
	}
	return bits
}
