package seccomp

import (
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// An action of the spec and what the kernel calls it.
type action struct {
	name specs.LinuxSeccompAction
	ret  uint32 // SECCOMP_RET_*
	data uint   // largest errnoRet; 0: it takes none
}

// maxErrno is the kernel's MAX_ERRNO: a larger one is silently cut to it.
const maxErrno = 4095

var actions = []action{
	{specs.ActAllow, unix.SECCOMP_RET_ALLOW, 0},
	{specs.ActErrno, unix.SECCOMP_RET_ERRNO, maxErrno},
	{specs.ActKill, unix.SECCOMP_RET_KILL_THREAD, 0},
	{specs.ActKillProcess, unix.SECCOMP_RET_KILL_PROCESS, 0},
	{specs.ActKillThread, unix.SECCOMP_RET_KILL_THREAD, 0},
	{specs.ActLog, unix.SECCOMP_RET_LOG, 0},
	{specs.ActNotify, unix.SECCOMP_RET_USER_NOTIF, 0},
	{specs.ActTrace, unix.SECCOMP_RET_TRACE, unix.SECCOMP_RET_DATA},
	{specs.ActTrap, unix.SECCOMP_RET_TRAP, 0},
}

var operators = []specs.LinuxSeccompOperator{
	specs.OpEqualTo, specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpLessEqual,
	specs.OpLessThan, specs.OpMaskedEqual, specs.OpNotEqual,
}

var archs = []specs.Arch{
	specs.ArchAARCH64, specs.ArchARM, specs.ArchLOONGARCH64, specs.ArchM68K,
	specs.ArchMIPS, specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchMIPSEL,
	specs.ArchMIPSEL64, specs.ArchMIPSEL64N32, specs.ArchPARISC, specs.ArchPARISC64,
	specs.ArchPPC, specs.ArchPPC64, specs.ArchPPC64LE, specs.ArchRISCV64,
	specs.ArchS390, specs.ArchS390X, specs.ArchSH, specs.ArchSHEB,
	specs.ArchX32, specs.ArchX86, specs.ArchX86_64,
}

// flagTSYNC has no name in the Go binding of the spec, but in the spec.
const flagTSYNC specs.LinuxSeccompFlag = "SECCOMP_FILTER_FLAG_TSYNC"

type flag struct {
	name  specs.LinuxSeccompFlag
	bit   uint32
	since string // kernel version
}

var flags = []flag{
	{specs.LinuxSeccompFlagLog, unix.SECCOMP_FILTER_FLAG_LOG, "4.14"},
	{specs.LinuxSeccompFlagSpecAllow, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "4.17"},
	{flagTSYNC, unix.SECCOMP_FILTER_FLAG_TSYNC, "3.17"},
	{specs.LinuxSeccompFlagWaitKillableRecv, unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "5.19"},
}

func actionOf(name specs.LinuxSeccompAction) (action, bool) {
	for _, a := range actions {
		if a.name == name {
			return a, true
		}
	}
	return action{}, false
}

// ReturnOf is SECCOMP_RET_* of an action, without data.
func ReturnOf(name specs.LinuxSeccompAction) uint32 {
	a, _ := actionOf(name)
	return a.ret
}

func flagOf(name specs.LinuxSeccompFlag) (flag, bool) {
	for _, f := range flags {
		if f.name == name {
			return f, true
		}
	}
	return flag{}, false
}

func known[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Native is the architecture of the running binary, or "".
func Native() specs.Arch { return ArchOf(runtime.GOARCH) }

// ArchOf is the spec's name of a Go architecture (GOARCH), or "".
func ArchOf(goarch string) specs.Arch {
	switch goarch {
	case "386":
		return specs.ArchX86
	case "amd64":
		return specs.ArchX86_64
	case "arm":
		return specs.ArchARM
	case "arm64":
		return specs.ArchAARCH64
	case "loong64":
		return specs.ArchLOONGARCH64
	case "mips":
		return specs.ArchMIPS
	case "mips64":
		return specs.ArchMIPS64
	case "mips64le":
		return specs.ArchMIPSEL64
	case "mipsle":
		return specs.ArchMIPSEL
	case "ppc64":
		return specs.ArchPPC64
	case "ppc64le":
		return specs.ArchPPC64LE
	case "riscv64":
		return specs.ArchRISCV64
	case "s390x":
		return specs.ArchS390X
	}
	return ""
}
