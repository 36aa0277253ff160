//go:build cgo

package main

import (
	"errors"
	"os"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	own "github.com/gophertainer/gophertainer/lib/seccomp"
)

// build gives a checked profile to libseccomp and returns what it writes, and
// the span of each architecture.
func build(s *specs.LinuxSeccomp, native specs.Arch, as form) ([]byte, []span, error) {
	def, err := actionOf(s.DefaultAction, s.DefaultErrnoRet)
	if err != nil {
		return nil, nil, fail.Spec("/linux/seccomp/defaultAction", "%w", err)
	}
	filter, err := seccomp.NewFilter(def)
	if err != nil {
		return nil, nil, err
	}
	defer filter.Release()
	if err := addArchs(filter, s, native); err != nil {
		return nil, nil, err
	}
	names := 0
	for i := range s.Syscalls {
		names += len(s.Syscalls[i].Names)
	}
	// A binary tree pays from some dozens of calls on; libseccomp up to 2.5.4
	// makes a wrong one of no rules.
	if names > 32 {
		if err := filter.SetOptimize(2); err != nil {
			return nil, nil, err
		}
	}
	for i := range s.Syscalls {
		if err := addRule(filter, def, rule(i), &s.Syscalls[i]); err != nil {
			return nil, nil, err
		}
	}
	out, err := export(filter, as)
	if err != nil {
		return nil, nil, err
	}
	return out, spansOf(s, native), nil
}

func addArchs(filter *seccomp.ScmpFilter, s *specs.LinuxSeccomp, native specs.Arch) error {
	archs := append([]specs.Arch{native}, s.Architectures...)
	for i, name := range archs {
		arch, err := archOf(name)
		if err == nil {
			err = filter.AddArch(arch)
		}
		if err == nil {
			continue
		}
		if i == 0 {
			return fail.New(fail.CodeHost, "compile for %s: %w", name, err)
		}
		return fail.Spec("/linux/seccomp/architectures/"+strconv.Itoa(i-1), "compile for %s: %w", name, err)
	}
	if native == own.Native() {
		return nil
	}
	host, err := archOf(own.Native())
	if err != nil {
		return err
	}
	return filter.RemoveArch(host)
}

func addRule(filter *seccomp.ScmpFilter, def seccomp.ScmpAction, at string, r *specs.LinuxSyscall) error {
	act, err := actionOf(r.Action, r.ErrnoRet)
	if err != nil {
		return fail.Spec(at+"/action", "%w", err)
	}
	if act == def {
		return nil // libseccomp refuses a rule that says nothing new
	}
	conds, err := conditions(at, r.Args)
	if err != nil {
		return err
	}
	for i, name := range r.Names {
		nr, err := seccomp.GetSyscallFromName(name)
		if errors.Is(err, seccomp.ErrSyscallDoesNotExist) {
			continue // newer than libseccomp, or of another architecture
		}
		if err != nil {
			return fail.Spec(at+"/names/"+strconv.Itoa(i), "%s: %w", name, err)
		}
		for j, c := range conds {
			err := filter.AddRuleConditional(nr, act, c)
			if err == nil {
				continue
			}
			where := at + "/names/" + strconv.Itoa(i)
			if len(conds) > 1 {
				where = at + "/args/" + strconv.Itoa(j)
			}
			return fail.Spec(where, "add rule for %s: %w", name, err)
		}
	}
	return nil
}

// conditions are those of one rule after the other. All must hold in a rule;
// but libseccomp takes one condition an argument, and where the profile has two
// each makes a rule of its own, as in runc: either is enough.
func conditions(at string, args []specs.LinuxSeccompArg) ([][]seccomp.ScmpCondition, error) {
	if len(args) == 0 {
		return [][]seccomp.ScmpCondition{nil}, nil
	}
	all, seen := make([]seccomp.ScmpCondition, 0, len(args)), [6]int{}
	twice := false
	for i, a := range args {
		// For MASKED_EQ value is the mask and valueTwo what has to be left;
		// the others do not look at valueTwo.
		c, err := seccomp.MakeCondition(a.Index, operators[a.Op], a.Value, a.ValueTwo)
		if err != nil {
			return nil, fail.Spec(at+"/args/"+strconv.Itoa(i), "%w", err)
		}
		all = append(all, c)
		seen[a.Index]++
		twice = twice || seen[a.Index] > 1
	}
	if !twice {
		return [][]seccomp.ScmpCondition{all}, nil
	}
	split := make([][]seccomp.ScmpCondition, len(all))
	for i := range all {
		split[i] = all[i : i+1]
	}
	return split, nil
}

// export has libseccomp write into a file in memory: version 2.5 has no other
// way to hand the filter out.
func export(filter *seccomp.ScmpFilter, as form) ([]byte, error) {
	fd, err := unix.MemfdCreate("filter", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "filter")
	defer f.Close()
	if as == asPFC {
		err = filter.ExportPFC(f)
	} else {
		err = filter.ExportBPF(f)
	}
	if err != nil {
		return nil, fail.New(fail.CodeHost, "export filter: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, st.Size())
	_, err = f.ReadAt(b, 0)
	return b, err
}
