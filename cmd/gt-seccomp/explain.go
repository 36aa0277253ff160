package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// An answer is what becomes of one call, and why.
type answer struct {
	Call        string   `json:"call"`
	Arch        string   `json:"arch"`
	Number      uint32   `json:"number"`
	Args        []uint64 `json:"args"`
	Verdict     string   `json:"verdict"` // of the compiled filter
	Rule        string   `json:"rule"`    // JSON pointer of what decides
	Because     string   `json:"because"`
	Others      []string `json:"others,omitempty"` // rules that hold too and do not decide
	Instruction int      `json:"instruction"`      // of the compiled filter
	Of          int      `json:"of"`
}

func explain(o *tool.Options) func(*tool.Call) error {
	var t target
	as := ""
	t.declare(o)
	o.String(&as, "as", 0, "ARCH", "architecture the call is made for, as 386 by a 32-bit program")
	o.Format("text", "json")
	return func(c *tool.Call) error {
		s, err := profileOf(c, t)
		if err != nil {
			return err
		}
		made := call{arch: t.arch}
		if as != "" {
			other := t
			if err := other.setArch(as); err != nil {
				return err
			}
			made.arch = other.arch
		}
		name, err := made.read(c.Args[1:])
		if err != nil {
			return err
		}
		a, err := explained(s, t.arch, made, name)
		if err != nil {
			return err
		}
		if c.Format == "json" {
			return printJSON(c, a)
		}
		return c.Print([]byte(a.text()))
	}
}

// read takes the call's name or number, and its arguments; what is left out is 0.
func (c *call) read(words []string) (string, error) {
	if len(words) > 7 {
		return "", fail.Usage("have %d arguments of a system call, need at most 6", len(words)-1)
	}
	if tables[c.arch].audit == 0 || bigEndian(c.arch) != bigEndian(seccomp.Native()) {
		return "", fail.Usage("have a call for %s, need an architecture of this machine's byte order", c.arch)
	}
	name, nr, err := syscallOf(words[0], c.arch)
	if err != nil {
		return "", err
	}
	c.nr = nr
	for i, word := range words[1:] {
		v, err := strconv.ParseUint(word, 0, 64)
		if signed, serr := strconv.ParseInt(word, 0, 64); err != nil && serr == nil {
			v, err = uint64(signed), nil
		}
		if err != nil {
			return "", fail.Usage("argument %d: have %q, need a number such as 2, -1 or 0x80000", i, word)
		}
		c.args[i] = v
	}
	return name, nil
}

func bigEndian(a specs.Arch) bool {
	return slices.Contains([]specs.Arch{
		specs.ArchMIPS, specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchPARISC, specs.ArchPARISC64, specs.ArchPPC,
		specs.ArchPPC64, specs.ArchS390, specs.ArchS390X, specs.ArchM68K, specs.ArchSHEB,
	}, a)
}

// explained asks the compiled filter, and finds what in the profile says the
// same. A profile does not say which of two rules that hold comes first, so the
// filter's word is the one that counts; if nothing explains it, the compiler is
// wrong.
func explained(s *specs.LinuxSeccomp, arch specs.Arch, c call, name string) (*answer, error) {
	filter, err := filterOf(s, arch)
	if err != nil {
		return nil, err
	}
	for i := range c.args {
		c.args[i] &= c.width()
	}
	ret, at, err := interpret(filter, c)
	if err != nil {
		return nil, err
	}
	a := &answer{
		Call: name, Arch: string(c.arch), Number: c.nr, Args: c.args[:], Verdict: verdict(ret), Instruction: at, Of: len(filter) / 8,
	}
	for i := range s.Syscalls {
		r := &s.Syscalls[i]
		if !slices.Contains(r.Names, name) || !listed(s, arch, c.arch) {
			continue
		}
		holds, why := holding(r.Args, &c)
		if !holds {
			continue
		}
		if a.Rule == "" && ret == returnOf(r.Action, r.ErrnoRet) {
			a.Rule, a.Because = rule(i), "it names "+name+why
			continue
		}
		a.Others = append(a.Others, rule(i))
	}
	if a.Rule == "" {
		a.Rule, a.Because = unruled(s, arch, c, ret)
	}
	if a.Rule == "" {
		return nil, fail.New(fail.CodeInternal, "the compiled filter says %s at instruction %d, and nothing in the profile does", a.Verdict, at)
	}
	return a, nil
}

// listed: rules are for the profile's architectures, and the container's own.
func listed(s *specs.LinuxSeccomp, native, arch specs.Arch) bool {
	return arch == native || slices.Contains(s.Architectures, arch)
}

// unruled finds what decides where no rule does.
func unruled(s *specs.LinuxSeccomp, native specs.Arch, c call, ret uint32) (at, because string) {
	switch {
	case !listed(s, native, c.arch) && ret == unix.SECCOMP_RET_KILL_THREAD:
		return "/linux/seccomp/architectures", "it does not list " + string(c.arch)
	case ret == returnOf(s.DefaultAction, s.DefaultErrnoRet):
		return "/linux/seccomp/defaultAction", "no rule holds"
	case refuses(s) && ret == unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS):
		return "/linux/seccomp/syscalls", "it names no call that is as new: a C library shall try an older one"
	}
	return "", ""
}

// width has the bits that an argument has: a 32-bit program has no others, and
// libseccomp compares no others.
func (c *call) width() uint64 {
	const wide = 0x80000000 // __AUDIT_ARCH_64BIT of linux/audit.h
	if tables[c.arch].audit&wide == 0 {
		return 1<<32 - 1
	}
	return ^uint64(0)
}

// holding tells whether the conditions of a rule hold: all of them, but where
// one argument has two of them any one is enough, as libseccomp's callers have it.
func holding(conds []specs.LinuxSeccompArg, c *call) (bool, string) {
	seen, twice := [6]bool{}, false
	for _, a := range conds {
		twice = twice || seen[a.Index]
		seen[a.Index] = true
	}
	why := ""
	for _, a := range conds {
		a.Value &= c.width()
		a.ValueTwo &= c.width()
		ok := compare(a, c.args[a.Index])
		if ok {
			why += fmt.Sprintf(", argument %d is %s", a.Index, wording(a))
		}
		if ok && twice {
			return true, why
		}
		if !ok && !twice {
			return false, ""
		}
	}
	return !twice, why
}

func compare(a specs.LinuxSeccompArg, v uint64) bool {
	switch a.Op {
	case specs.OpNotEqual:
		return v != a.Value
	case specs.OpLessThan:
		return v < a.Value
	case specs.OpLessEqual:
		return v <= a.Value
	case specs.OpEqualTo:
		return v == a.Value
	case specs.OpGreaterEqual:
		return v >= a.Value
	case specs.OpGreaterThan:
		return v > a.Value
	case specs.OpMaskedEqual:
		return v&a.Value == a.ValueTwo&a.Value
	}
	return false
}

func wording(a specs.LinuxSeccompArg) string {
	if a.Op == specs.OpMaskedEqual {
		return fmt.Sprintf("%#x in the bits %#x", a.ValueTwo, a.Value)
	}
	sign := map[specs.LinuxSeccompOperator]string{
		specs.OpNotEqual: "not ", specs.OpLessThan: "below ", specs.OpLessEqual: "at most ", specs.OpEqualTo: "",
		specs.OpGreaterEqual: "at least ", specs.OpGreaterThan: "above ",
	}[a.Op]
	return sign + strconv.FormatUint(a.Value, 10)
}

func (a *answer) text() string {
	args := make([]string, 0, len(a.Args))
	for _, v := range a.Args {
		args = append(args, strconv.FormatUint(v, 10))
	}
	for len(args) > 1 && args[len(args)-1] == "0" {
		args = args[:len(args)-1]
	}
	text := fmt.Sprintf("%s(%s): %s\n%s decides: %s\n", a.Call, strings.Join(args, ", "), a.Verdict, a.Rule, a.Because)
	for _, o := range a.Others {
		text += o + " holds too, and does not decide\n"
	}
	return text + fmt.Sprintf("the compiled filter says so at instruction %d of %d\n", a.Instruction, a.Of)
}
