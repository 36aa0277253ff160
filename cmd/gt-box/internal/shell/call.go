package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// call runs a simple command: assignments, a function, a builtin or a program.
func (s *Shell) call(c *syntax.CallExpr) {
	s.subst = -1
	args, err := s.fields(c.Args)
	if err != nil {
		s.failed(err, 1)
		return
	}
	pairs, err := s.assignments(c.Assigns, len(args) == 0)
	if err != nil {
		s.failed(err, 1)
		if !s.opts.interactive {
			s.flow = flowExit
		}
		return
	}
	s.traceCall(pairs, args)
	if len(args) == 0 {
		s.status = max(s.subst, 0)
		return
	}
	s.invoke(pairs, args)
}

func (s *Shell) traceCall(pairs, args []string) {
	if s.opts.trace {
		_ = s.say(2, "+ "+strings.Join(append(append([]string{}, pairs...), args...), " ")+"\n")
	}
}

// assignments expands name=value words. Without a command they change the
// shell; with one they are returned for its environment.
func (s *Shell) assignments(list []*syntax.Assign, lasting bool) ([]string, error) {
	var pairs []string
	for _, a := range list {
		if a.Array != nil || a.Index != nil {
			return nil, fmt.Errorf("%s: arrays are not supported", a.Name.Value)
		}
		value := ""
		if a.Value != nil {
			v, err := expand.Literal(s.config(), a.Value)
			if err != nil {
				return nil, err
			}
			value = v
		}
		name := a.Name.Value
		if a.Append {
			value = s.value(name) + value
		}
		pairs = append(pairs, name+"="+value)
		if lasting {
			if err := s.assign(name, value); err != nil {
				return nil, err
			}
		}
	}
	return pairs, nil
}

// invoke runs expanded arguments, with pairs in the environment meanwhile.
func (s *Shell) invoke(pairs, args []string) {
	if f, ok := s.funcs[args[0]]; ok {
		s.during(pairs, func() { s.callFunc(f, args[1:]) })
		return
	}
	if b := builtin(args[0]); b != nil {
		s.during(pairs, func() { s.status = b(s, args) })
		return
	}
	if isPure(args[0]) {
		s.status = s.sayPure(args)
		return
	}
	if s.tail && len(s.jobs) == 0 {
		s.status = s.replace(args, s.environ(pairs))
		return
	}
	pid, status := s.spawn(s.fds, args, s.environ(pairs))
	if pid != 0 {
		status = s.await(pid)
	}
	s.status = status
}

// during holds temporary assignments while a function or builtin runs.
func (s *Shell) during(pairs []string, run func()) {
	s.tail = false
	type old struct {
		v  expand.Variable
		ok bool
	}
	saved := map[string]old{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v, ok := s.vars[name]
		if _, twice := saved[name]; !twice {
			saved[name] = old{v, ok}
		}
		if err := s.assign(name, value); err != nil {
			s.failed(err, 1)
			return
		}
		s.mark(name, func(v *expand.Variable) { v.Exported = true })
	}
	run()
	for name, o := range saved {
		if o.ok {
			s.vars[name] = o.v
		} else {
			delete(s.vars, name)
		}
	}
}

// maxDepth is how deep functions may call each other; the stack of a Go
// program would grow to a gigabyte before it said no.
const maxDepth = 1000

func (s *Shell) callFunc(f *syntax.FuncDecl, args []string) {
	if s.depth >= maxDepth {
		s.failed(fmt.Errorf("%s: %d calls deep", f.Name.Value, maxDepth), 2)
		s.flow = flowExit
		return
	}
	params, loops := s.params, s.loops
	s.params, s.loops = args, 0
	s.depth++
	s.scopes = append(s.scopes, map[string]expand.Variable{})
	s.stmt(f.Body)
	s.leaveScope()
	s.depth--
	s.params, s.loops = params, loops
	if s.flow == flowReturn {
		s.flow = flowNone
	}
}

// leaveScope gives local variables the values they had outside.
func (s *Shell) leaveScope() {
	last := len(s.scopes) - 1
	for name, v := range s.scopes[last] {
		if v.Declared() {
			s.vars[name] = v
		} else {
			delete(s.vars, name)
		}
	}
	s.scopes = s.scopes[:last]
}
