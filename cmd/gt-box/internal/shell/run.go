package shell

import (
	"errors"
	"fmt"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

func (s *Shell) stmts(list []*syntax.Stmt) {
	tail := s.tail
	for i, st := range list {
		s.tail = tail && i == len(list)-1
		s.stmt(st)
		if s.flow != flowNone {
			return
		}
	}
	s.tail = tail
}

// stmt runs one statement: its redirections, its command, ! and -e.
func (s *Shell) stmt(st *syntax.Stmt) {
	s.runTraps()
	if s.flow != flowNone || s.opts.noExec {
		return
	}
	if st.Background || st.Coprocess || st.Disown {
		s.background(st)
		return
	}
	if st.Negated || len(st.Redirs) > 0 || len(s.traps) > 0 {
		// The shell has something left to do after the command. A redirected
		// simple command could still be replaced; see call.
		if _, simple := st.Cmd.(*syntax.CallExpr); !simple || st.Negated || len(s.traps) > 0 {
			s.tail = false
		}
	}
	s.redirected(st)
	if st.Negated && s.flow == flowNone {
		s.status = truth(s.status != 0)
		return
	}
	s.checkErrExit(st)
}

// redirected runs the command of a statement with its redirections.
func (s *Shell) redirected(st *syntax.Stmt) {
	if st.Negated {
		s.tested++
		defer func() { s.tested-- }()
	}
	before := s.fds
	after, err := s.redirect(before, st.Redirs)
	if err != nil {
		s.failed(err, 1)
		return
	}
	s.fds, s.keep = after, false
	s.command(st.Cmd)
	if len(st.Redirs) == 0 {
		s.keep = false
		return
	}
	if s.keep {
		s.keep = false
		before.drop(after)
		return
	}
	s.fds = before
	after.drop(before)
}

// checkErrExit applies -e to a statement that may end the shell: not to the
// parts of && and || lists, and not to what has already been checked inside.
func (s *Shell) checkErrExit(st *syntax.Stmt) {
	if !s.opts.errExit || s.status == 0 || s.tested > 0 || s.flow != flowNone {
		return
	}
	if b, ok := st.Cmd.(*syntax.BinaryCmd); ok && b.Op != syntax.Pipe && b.Op != syntax.PipeAll {
		return
	}
	s.flow = flowExit
}

func (s *Shell) command(cmd syntax.Command) {
	switch c := cmd.(type) {
	case nil:
		s.status = 0
	case *syntax.CallExpr:
		s.call(c)
	case *syntax.Block:
		s.stmts(c.Stmts)
	case *syntax.Subshell:
		s.status = s.subshell(c.Stmts)
	case *syntax.BinaryCmd:
		s.binary(c)
	case *syntax.IfClause:
		s.ifClause(c)
	case *syntax.WhileClause:
		s.whileClause(c)
	case *syntax.ForClause:
		s.forClause(c)
	case *syntax.CaseClause:
		s.caseClause(c)
	case *syntax.FuncDecl:
		s.funcs[c.Name.Value] = c
		s.status = 0
	case *syntax.ArithmCmd:
		n, err := expand.Arithm(s.config(), c.X)
		if err != nil {
			s.failed(err, 1)
			return
		}
		s.status = truth(n != 0)
	case *syntax.TestClause:
		s.testClause(c)
	case *syntax.DeclClause:
		s.declare(c)
	case *syntax.TimeClause:
		s.timed(c)
	default:
		s.failed(fmt.Errorf("line %d: this command is not supported", cmd.Pos().Line()), 2)
	}
}

func truth(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

// failed reports a command that could not be run. An expansion that POSIX
// counts as fatal ends a shell without a person at it.
func (s *Shell) failed(err error, status int) {
	s.complain("%s", reason(err))
	s.status = status
	var unset expand.UnsetParameterError
	if errors.As(err, &unset) && !s.opts.interactive {
		s.flow = flowExit
	}
}

// cond runs a list whose failure is an answer, not a reason for -e to exit.
func (s *Shell) cond(list []*syntax.Stmt) bool {
	s.tested++
	tail := s.tail
	s.tail = false
	s.stmts(list)
	s.tail = tail
	s.tested--
	return s.status == 0
}

func (s *Shell) binary(c *syntax.BinaryCmd) {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		s.pipeline(c)
		return
	}
	ok := s.cond([]*syntax.Stmt{c.X})
	if s.flow != flowNone || ok != (c.Op == syntax.AndStmt) {
		return
	}
	s.stmt(c.Y)
}

func (s *Shell) ifClause(c *syntax.IfClause) {
	for ; c != nil; c = c.Else {
		isElse := len(c.Cond) == 0
		if isElse || s.cond(c.Cond) {
			if s.flow == flowNone {
				s.stmts(c.Then)
			}
			return
		}
		if s.flow != flowNone {
			return
		}
	}
	s.status = 0
}

// leaveLoop tells whether a loop stops, and takes its part of break n or
// continue n.
func (s *Shell) leaveLoop() bool {
	switch s.flow {
	case flowNone:
		return false
	case flowBreak, flowContinue:
		next := s.flow == flowContinue && s.levels == 1
		if s.levels--; s.levels <= 0 {
			s.flow = flowNone
		}
		return !next
	}
	return true
}

func (s *Shell) whileClause(c *syntax.WhileClause) {
	s.tail = false
	s.loops++
	defer func() { s.loops-- }()
	status := 0
	for {
		ok := s.cond(c.Cond)
		if s.flow != flowNone {
			if s.leaveLoop() {
				return
			}
			continue
		}
		if ok == c.Until {
			break
		}
		s.stmts(c.Do)
		status = s.status
		if s.leaveLoop() {
			return
		}
	}
	s.status = status
}

func (s *Shell) forClause(c *syntax.ForClause) {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok || c.Select {
		s.failed(fmt.Errorf("line %d: this loop is not supported", c.Pos().Line()), 2)
		return
	}
	items := s.params
	if iter.InPos.IsValid() {
		var err error
		if items, err = s.fields(iter.Items); err != nil {
			s.failed(err, 1)
			return
		}
	}
	s.tail = false
	s.loops++
	defer func() { s.loops-- }()
	s.status = 0
	for _, item := range items {
		if err := s.assign(iter.Name.Value, item); err != nil {
			s.failed(err, 1)
			return
		}
		s.stmts(c.Do)
		if s.leaveLoop() {
			return
		}
	}
}

func (s *Shell) caseClause(c *syntax.CaseClause) {
	word, err := expand.Literal(s.config(), c.Word)
	if err != nil {
		s.failed(err, 1)
		return
	}
	s.status = 0
	through := false
	for _, item := range c.Items {
		if !through {
			if through, err = s.anyMatch(item.Patterns, word); err != nil {
				s.failed(err, 1)
				return
			}
		}
		if !through {
			continue
		}
		s.stmts(item.Stmts)
		if s.flow != flowNone || item.Op == syntax.Break {
			return
		}
		through = item.Op == syntax.Fallthrough
	}
}

func (s *Shell) anyMatch(patterns []*syntax.Word, text string) (bool, error) {
	for _, p := range patterns {
		if ok, err := s.matchesWord(p, text); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
