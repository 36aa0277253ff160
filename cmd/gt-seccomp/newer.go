package main

import (
	"encoding/binary"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A span is the system calls of one architecture: the number of the newest that
// the profile names.
type span struct {
	arch specs.Arch
	last uint32
}

// A table is where the numbers of an architecture lie.
type table struct {
	audit uint32 // struct seccomp_data.arch
	first uint32
	end   uint32 // first number that is not of this table; 0: none
}

const (
	x32Bit     = 0x40000000 // __X32_SYSCALL_BIT
	armPrivate = 0x0f0000   // __ARM_NR_BASE: cacheflush, set_tls and such
)

var tables = map[specs.Arch]table{
	specs.ArchX86:         {audit: unix.AUDIT_ARCH_I386},
	specs.ArchX86_64:      {audit: unix.AUDIT_ARCH_X86_64, end: x32Bit},
	specs.ArchX32:         {audit: unix.AUDIT_ARCH_X86_64, first: x32Bit},
	specs.ArchARM:         {audit: unix.AUDIT_ARCH_ARM, end: armPrivate},
	specs.ArchAARCH64:     {audit: unix.AUDIT_ARCH_AARCH64},
	specs.ArchMIPS:        {audit: unix.AUDIT_ARCH_MIPS},
	specs.ArchMIPS64:      {audit: unix.AUDIT_ARCH_MIPS64},
	specs.ArchMIPS64N32:   {audit: unix.AUDIT_ARCH_MIPS64N32},
	specs.ArchMIPSEL:      {audit: unix.AUDIT_ARCH_MIPSEL},
	specs.ArchMIPSEL64:    {audit: unix.AUDIT_ARCH_MIPSEL64},
	specs.ArchMIPSEL64N32: {audit: unix.AUDIT_ARCH_MIPSEL64N32},
	specs.ArchPARISC:      {audit: unix.AUDIT_ARCH_PARISC},
	specs.ArchPARISC64:    {audit: unix.AUDIT_ARCH_PARISC64},
	specs.ArchPPC:         {audit: unix.AUDIT_ARCH_PPC},
	specs.ArchPPC64:       {audit: unix.AUDIT_ARCH_PPC64},
	specs.ArchPPC64LE:     {audit: unix.AUDIT_ARCH_PPC64LE},
	specs.ArchS390:        {audit: unix.AUDIT_ARCH_S390},
	specs.ArchS390X:       {audit: unix.AUDIT_ARCH_S390X},
	specs.ArchRISCV64:     {audit: unix.AUDIT_ARCH_RISCV64},
	specs.ArchLOONGARCH64: {audit: unix.AUDIT_ARCH_LOONGARCH64},
	specs.ArchM68K:        {audit: unix.AUDIT_ARCH_M68K},
	specs.ArchSH:          {audit: unix.AUDIT_ARCH_SHEL},
	specs.ArchSHEB:        {audit: unix.AUDIT_ARCH_SH},
}

// Offsets in struct seccomp_data (linux/seccomp.h).
const (
	offsetNr   = 0
	offsetArch = 4
)

const (
	opLoad = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	opRet  = unix.BPF_RET | unix.BPF_K
	opJa   = unix.BPF_JMP | unix.BPF_JA
	opJeq  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	opJgt  = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	opJge  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
)

// newer is the program in front of a filter. A system call that lies behind the
// last of its architecture gets ENOSYS; all others run into the filter:
//
//	      ld arch
//	A:    jeq audit(A) else B          one part for each value of arch
//	      ld nr
//	      jge first(s) else next s     one part for each span of it: x86-64, x32
//	      jge end(s) then next s
//	      jgt last(s) then ENOSYS else FILTER
//	      ja FILTER
//	B:    …
//	      ja FILTER
//	      ret ENOSYS
//	FILTER:
func newer(spans []span) []unix.SockFilter {
	if len(spans) == 0 {
		return nil
	}
	var parts [][]unix.SockFilter
	done := map[uint32]bool{}
	size := 1
	for _, s := range spans {
		audit := tables[s.arch].audit
		if done[audit] {
			continue
		}
		done[audit] = true
		part := partOf(audit, spans)
		parts = append(parts, part)
		size += len(part)
	}
	// Jumps are written as toENOSYS and toFILTER and get their distance here.
	prog := []unix.SockFilter{{Code: opLoad, K: offsetArch}}
	for _, part := range parts {
		prog = append(prog, part...)
	}
	prog = append(prog, unix.SockFilter{Code: opJa, K: 1},
		unix.SockFilter{Code: opRet, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)})
	for i := range prog[:size] {
		prog[i].Jt = land(prog[i].Jt, size-i)
		prog[i].Jf = land(prog[i].Jf, size-i)
	}
	return prog
}

// Places a jump can name before its distance is known.
const (
	toFILTER = 255
	toENOSYS = 254
)

// land turns a place into a distance; end is how far the last two instructions
// are: ja FILTER stands at end, ret ENOSYS behind it.
func land(jump uint8, end int) uint8 {
	switch jump {
	case toFILTER:
		return uint8(end - 1)
	case toENOSYS:
		return uint8(end)
	}
	return jump
}

// partOf is what is asked of a call of one architecture.
func partOf(audit uint32, spans []span) []unix.SockFilter {
	body := []unix.SockFilter{{Code: opLoad, K: offsetNr}}
	for _, s := range spans {
		t := tables[s.arch]
		if t.audit != audit {
			continue
		}
		test := []unix.SockFilter{{Code: opJgt, K: s.last, Jt: toENOSYS, Jf: toFILTER}}
		if t.end != 0 {
			test = append([]unix.SockFilter{{Code: opJge, K: t.end, Jt: uint8(len(test))}}, test...)
		}
		if t.first != 0 {
			test = append([]unix.SockFilter{{Code: opJge, K: t.first, Jf: uint8(len(test))}}, test...)
		}
		body = append(body, test...)
	}
	body = append(body, unix.SockFilter{Code: opJeq, Jt: toFILTER, Jf: toFILTER})
	return append([]unix.SockFilter{{Code: opJeq, K: audit, Jf: uint8(len(body))}}, body...)
}

// encode writes instructions as the kernel reads them.
func encode(prog []unix.SockFilter) []byte {
	b := make([]byte, 0, len(prog)*8)
	for _, i := range prog {
		b = binary.NativeEndian.AppendUint16(b, i.Code)
		b = append(b, i.Jt, i.Jf)
		b = binary.NativeEndian.AppendUint32(b, i.K)
	}
	return b
}
