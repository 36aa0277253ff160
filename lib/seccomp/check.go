package seccomp

import (
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Check looks at the words and numbers of a profile, and returns the first of
// Findings. What it returns names the member as in a config.json:
// /linux/seccomp/syscalls/3/args/0. (runtime-spec, config-linux.md, Seccomp.)
func Check(s *specs.LinuxSeccomp) error {
	for _, err := range Findings(s) {
		return err
	}
	return nil
}

// Findings lists what is wrong with a profile, of each rule the first.
func Findings(s *specs.LinuxSeccomp) []error {
	const at = "/linux/seccomp/"
	var found []error
	add := func(err error) {
		if err != nil {
			found = append(found, err)
		}
	}
	if s.DefaultAction == specs.ActNotify {
		// Then seccomp(2) itself and the way out of gt-init would wait for an
		// agent that has not got the descriptor yet.
		add(fail.Spec(at+"defaultAction", "have %s, need an action that answers by itself", s.DefaultAction))
	} else {
		add(checkAction(at+"defaultAction", at+"defaultErrnoRet", s.DefaultAction, s.DefaultErrnoRet))
	}
	for i, a := range s.Architectures {
		if !known(archs, a) {
			add(fail.Spec(index(at+"architectures", i), "unknown architecture %q, need one of %s", a, list(archs)))
		}
	}
	for i, f := range s.Flags {
		if _, ok := flagOf(f); !ok {
			add(fail.Spec(index(at+"flags", i), "unknown flag %q, need one of %s", f, list(flagNames())))
		}
	}
	for i := range s.Syscalls {
		add(checkRule(index(at+"syscalls", i), &s.Syscalls[i]))
	}
	return found
}

func checkRule(at string, r *specs.LinuxSyscall) error {
	if err := checkAction(at+"/action", at+"/errnoRet", r.Action, r.ErrnoRet); err != nil {
		return err
	}
	if len(r.Names) == 0 {
		return fail.Spec(at+"/names", "have no name, need one or more")
	}
	for i, name := range r.Names {
		if name == "" {
			return fail.Spec(index(at+"/names", i), "have an empty name")
		}
		if name == "write" && r.Action == specs.ActNotify {
			// The descriptor and the verdict leave the process by write(2).
			return fail.Spec(index(at+"/names", i), "write cannot have %s", specs.ActNotify)
		}
	}
	for i, a := range r.Args {
		if a.Index > 5 {
			return fail.Spec(index(at+"/args", i)+"/index", "have %d, need 0 to 5", a.Index)
		}
		if !known(operators, a.Op) {
			return fail.Spec(index(at+"/args", i)+"/op", "unknown operator %q, need one of %s", a.Op, list(operators))
		}
	}
	return nil
}

func checkAction(at, atErrno string, name specs.LinuxSeccompAction, errno *uint) error {
	a, ok := actionOf(name)
	if !ok {
		return fail.Spec(at, "unknown action %q, need one of %s", name, list(actionNames()))
	}
	if errno == nil {
		return nil
	}
	if a.data == 0 {
		return fail.Spec(atErrno, "%s takes no errno, only %s and %s do", name, specs.ActErrno, specs.ActTrace)
	}
	if *errno > a.data {
		return fail.Spec(atErrno, "have %d, need 0 to %d", *errno, a.data)
	}
	return nil
}

func index(at string, i int) string { return at + "/" + strconv.Itoa(i) }

func list[T ~string](names []T) string { return strings.Join(words(names), ", ") }

func actionNames() []specs.LinuxSeccompAction {
	out := make([]specs.LinuxSeccompAction, len(actions))
	for i, a := range actions {
		out[i] = a.name
	}
	return out
}

func flagNames() []specs.LinuxSeccompFlag {
	out := make([]specs.LinuxSeccompFlag, len(flags))
	for i, f := range flags {
		out[i] = f.name
	}
	return out
}
