package main

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func dump(o *tool.Options) func(*tool.Call) error {
	var t target
	t.declare(o)
	o.Format("bpf", "pfc")
	return func(c *tool.Call) error {
		s, err := profileOf(c, t)
		if err != nil {
			return err
		}
		if c.Format == "pfc" {
			return dumpPFC(c, s, t.arch)
		}
		filter, err := filterOf(s, t.arch)
		if err != nil {
			return err
		}
		return c.Print([]byte(disassemble(filter)))
	}
}

func dumpPFC(c *tool.Call, s *specs.LinuxSeccomp, arch specs.Arch) error {
	if err := seccomp.Check(s); err != nil {
		return err
	}
	text, _, err := build(s, arch, asPFC)
	if err != nil {
		return err
	}
	return c.Print(text)
}

// disassemble writes one instruction a line, led by its number; jumps name the
// number they go to.
func disassemble(filter []byte) string {
	var b strings.Builder
	for at := 0; at < len(filter)/8; at++ {
		raw := filter[at*8:]
		i := unix.SockFilter{
			Code: binary.NativeEndian.Uint16(raw), Jt: raw[2], Jf: raw[3], K: binary.NativeEndian.Uint32(raw[4:]),
		}
		fmt.Fprintf(&b, "%4d  %s\n", at, instruction(at, i))
	}
	return b.String()
}

func instruction(at int, i unix.SockFilter) string {
	jump := func(word string) string {
		return fmt.Sprintf("%-4s %#x, %d, %d", word, i.K, at+1+int(i.Jt), at+1+int(i.Jf))
	}
	switch i.Code {
	case opLoad:
		return "ld   " + field(i.K)
	case opRet:
		return "ret  " + verdict(i.K)
	case opJa:
		return fmt.Sprintf("ja   %d", at+1+int(i.K))
	case opJeq:
		return jump("jeq")
	case opJgt:
		return jump("jgt")
	case opJge:
		return jump("jge")
	case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
		return jump("jset")
	case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
		return fmt.Sprintf("and  %#x", i.K)
	}
	return fmt.Sprintf("code %#x, %d, %d, %#x", i.Code, i.Jt, i.Jf, i.K)
}

// field is a word of struct seccomp_data (linux/seccomp.h).
func field(offset uint32) string {
	switch {
	case offset == offsetNr:
		return "nr"
	case offset == offsetArch:
		return "arch"
	case offset < 16:
		return fmt.Sprintf("ip+%d", offset-8)
	}
	return fmt.Sprintf("arg%d+%d", (offset-16)/8, (offset-16)%8)
}

func verdict(ret uint32) string {
	data := ret & unix.SECCOMP_RET_DATA
	switch ret & unix.SECCOMP_RET_ACTION_FULL {
	case unix.SECCOMP_RET_ALLOW:
		return "ALLOW"
	case unix.SECCOMP_RET_LOG:
		return "LOG"
	case unix.SECCOMP_RET_USER_NOTIF:
		return "NOTIFY"
	case unix.SECCOMP_RET_TRAP:
		return "TRAP"
	case unix.SECCOMP_RET_KILL_PROCESS:
		return "KILL_PROCESS"
	case unix.SECCOMP_RET_KILL_THREAD:
		return "KILL_THREAD"
	case unix.SECCOMP_RET_TRACE:
		return fmt.Sprintf("TRACE(%d)", data)
	case unix.SECCOMP_RET_ERRNO:
		return "ERRNO(" + unix.ErrnoName(unix.Errno(data)) + ")"
	}
	return fmt.Sprintf("%#x", ret)
}
