package shell

import (
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// set changes options and positional parameters, or lists the variables.
func (s *Shell) set(args []string) int {
	args = args[1:]
	if len(args) == 0 {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(s.vars)) {
			if v := s.vars[name]; v.Set {
				b.WriteString(name + "=" + quote(v.Str) + "\n")
			}
		}
		return truth(s.say(1, b.String()) == nil)
	}
	for len(args) > 0 {
		a := args[0]
		if a == "--" {
			s.params = args[1:]
			return 0
		}
		if len(a) < 2 || a[0] != '-' && a[0] != '+' {
			break
		}
		args = args[1:]
		for _, c := range a[1:] {
			var err error
			if c != 'o' {
				err = s.setShort(c, a[0] == '-')
			} else if len(args) == 0 {
				err = errNeedsWord
			} else {
				err, args = s.setLong(args[0], a[0] == '-'), args[1:]
			}
			if err != nil {
				return s.wrong("set", "%s", err)
			}
		}
	}
	if len(args) > 0 {
		s.params = args
	}
	return 0
}

func (s *Shell) unsetAll(args []string) int {
	args = args[1:]
	funcs := false
	for len(args) > 0 && (args[0] == "-f" || args[0] == "-v") {
		funcs = args[0] == "-f"
		args = args[1:]
	}
	for _, name := range args {
		if funcs {
			delete(s.funcs, name)
			continue
		}
		if err := s.unset(name); err != nil {
			return s.wrong("unset", "%s", err)
		}
	}
	return 0
}

// declare is export, readonly and local as the grammar knows them: the values
// are not split.
func (s *Shell) declare(c *syntax.DeclClause) {
	s.subst = -1
	args := []string{c.Variant.Value}
	for _, a := range c.Args {
		if a.Array != nil || a.Index != nil {
			s.failed(errNoArrays, 2)
			return
		}
		word, err := s.declared(a)
		if err != nil {
			s.failed(err, 1)
			return
		}
		args = append(args, word...)
	}
	s.traceCall(nil, args)
	s.status = s.declareArgs(args)
}

func (s *Shell) declared(a *syntax.Assign) ([]string, error) {
	if a.Naked {
		if a.Name != nil {
			return []string{a.Name.Value}, nil
		}
		return s.fields([]*syntax.Word{a.Value})
	}
	value := ""
	if a.Value != nil {
		v, err := expand.Literal(s.config(), a.Value)
		if err != nil {
			return nil, err
		}
		value = v
	}
	if a.Append {
		value = s.value(a.Name.Value) + value
	}
	return []string{a.Name.Value + "=" + value}, nil
}

func (s *Shell) declareArgs(args []string) int {
	name, args := args[0], args[1:]
	off := false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch {
		case args[0] == "-n" && name == "export":
			off = true
		case args[0] != "-p" && args[0] != "--":
			return s.wrong(name, "no such option: %s", args[0])
		}
		args = args[1:]
	}
	if name == "local" && len(s.scopes) == 0 {
		return s.wrong(name, "need a function around it")
	}
	if len(args) == 0 && name != "local" {
		return s.listMarked(name)
	}
	for _, a := range args {
		key, value, given := strings.Cut(a, "=")
		if !syntax.ValidName(key) {
			return s.wrong(name, "%s: need the name of a variable", key)
		}
		if name == "local" {
			s.remember(key)
		}
		if given {
			if err := s.assign(key, value); err != nil {
				return s.wrong(name, "%s", err)
			}
		}
		s.mark(key, func(v *expand.Variable) {
			v.Exported = v.Exported && !off || name == "export" && !off
			v.ReadOnly = v.ReadOnly || name == "readonly"
		})
	}
	return 0
}

// remember keeps the outer value of a local variable. Like other shells, a
// local variable starts with that value.
func (s *Shell) remember(name string) {
	scope := s.scopes[len(s.scopes)-1]
	if _, ok := scope[name]; !ok {
		scope[name] = s.vars[name]
	}
}

func (s *Shell) listMarked(name string) int {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s.vars)) {
		v := s.vars[key]
		if name == "export" && !v.Exported || name == "readonly" && !v.ReadOnly {
			continue
		}
		b.WriteString(name + " " + key)
		if v.Set {
			b.WriteString("=" + quote(v.Str))
		}
		b.WriteByte('\n')
	}
	return truth(s.say(1, b.String()) == nil)
}

// dot runs a file in this shell.
func (s *Shell) dot(args []string) int {
	if len(args) < 2 {
		return s.wrong(args[0], "need a file")
	}
	path := args[1]
	if !strings.Contains(path, "/") {
		for dir := range strings.SplitSeq(s.value("PATH"), ":") {
			if unix.Access(dir+"/"+path, unix.R_OK) == nil {
				path = dir + "/" + path
				break
			}
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		if !s.opts.interactive {
			s.flow = flowExit
		}
		return s.wrong(args[0], "open %s: %s", args[1], reason(err))
	}
	s.depth++
	s.status = 0
	s.runText(string(text))
	s.depth--
	if s.flow == flowReturn {
		s.flow = flowNone
	}
	return s.status
}
