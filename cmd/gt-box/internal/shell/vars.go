package shell

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

func text(v string) expand.Variable {
	return expand.Variable{Set: true, Kind: expand.String, Str: v}
}

// importEnv makes a variable of every environment entry that can be one.
func (s *Shell) importEnv() {
	for _, e := range os.Environ() {
		name, value, _ := strings.Cut(e, "=")
		if !syntax.ValidName(name) {
			s.foreign = append(s.foreign, e)
			continue
		}
		v := text(value)
		v.Exported = true
		s.vars[name] = v
	}
	s.vars["IFS"] = text(" \t\n")
	if _, ok := s.vars["PATH"]; !ok {
		s.vars["PATH"] = text("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	}
	// os.Getwd believes $PWD only if it is the same directory. Without a
	// working directory that has a name, globs are relative to ".".
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	s.put("PWD", dir)
}

// put gives a variable a value; it stays exported if it was.
func (s *Shell) put(name, value string) {
	v := s.vars[name]
	v.Set, v.Kind, v.Str = true, expand.String, value
	s.vars[name] = v
}

// assign is put for a script: it may be refused.
func (s *Shell) assign(name, value string) error {
	if s.vars[name].ReadOnly {
		return fmt.Errorf("%s: is read only", name)
	}
	s.put(name, value)
	if s.opts.allExport {
		s.mark(name, func(v *expand.Variable) { v.Exported = true })
	}
	return nil
}

func (s *Shell) mark(name string, set func(*expand.Variable)) {
	v := s.vars[name]
	set(&v)
	s.vars[name] = v
}

func (s *Shell) value(name string) string { return s.vars[name].Str }

func (s *Shell) unset(name string) error {
	if s.vars[name].ReadOnly {
		return fmt.Errorf("%s: is read only", name)
	}
	delete(s.vars, name)
	return nil
}

// environ is the environment of a command, with extra assignments that win.
func (s *Shell) environ(extra []string) []string {
	list := slices.Clone(s.foreign)
	over := map[string]bool{}
	for _, e := range extra {
		name, _, _ := strings.Cut(e, "=")
		over[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.vars)) {
		if v := s.vars[name]; v.Exported && v.Set && !over[name] {
			list = append(list, name+"="+v.Str)
		}
	}
	return append(list, extra...)
}

// environment shows a shell's parameters to package expand.
type environment struct{ s *Shell }

// Get returns a variable or a special parameter.
func (e environment) Get(name string) expand.Variable {
	s := e.s
	switch name {
	case "#":
		return text(strconv.Itoa(len(s.params)))
	case "@", "*":
		list := s.params
		if list == nil {
			list = []string{}
		}
		return expand.Variable{Set: true, Kind: expand.Indexed, List: list}
	case "?":
		return text(strconv.Itoa(s.status))
	case "$":
		return text(strconv.Itoa(s.pid))
	case "!":
		if s.last == 0 {
			return expand.Variable{}
		}
		return text(strconv.Itoa(s.last))
	case "-":
		return text(s.opts.letters())
	case "0":
		return text(s.name)
	case "PPID":
		return text(strconv.Itoa(os.Getppid()))
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < 1 || n > len(s.params) {
			return expand.Variable{}
		}
		return text(s.params[n-1])
	}
	return s.vars[name]
}

// Each calls f with every variable.
func (e environment) Each(f func(string, expand.Variable) bool) {
	for name, v := range e.s.vars {
		if !f(name, v) {
			return
		}
	}
}

// Set assigns, as ${x:=word} and $((x=1)) do.
func (e environment) Set(name string, v expand.Variable) error {
	if !v.IsSet() {
		return e.s.unset(name)
	}
	return e.s.assign(name, v.Str)
}
