package shell

import (
	"mvdan.cc/sh/v3/syntax"
)

type syntaxStmt = syntax.Stmt

// parts lists the commands of a pipeline from left to right. merged[i] says
// that stderr of command i goes into the pipe too.
func parts(c *syntax.BinaryCmd) (list []*syntax.Stmt, merged []bool) {
	if b, ok := pipeOf(c.X); ok {
		list, merged = parts(b)
	} else {
		list, merged = []*syntax.Stmt{c.X}, []bool{false}
	}
	merged[len(merged)-1] = c.Op == syntax.PipeAll
	if b, ok := pipeOf(c.Y); ok {
		right, m := parts(b)
		return append(list, right...), append(merged, m...)
	}
	return append(list, c.Y), append(merged, false)
}

func pipeOf(st *syntax.Stmt) (*syntax.BinaryCmd, bool) {
	b, ok := st.Cmd.(*syntax.BinaryCmd)
	if !ok || st.Negated || len(st.Redirs) > 0 {
		return nil, false
	}
	return b, b.Op == syntax.Pipe || b.Op == syntax.PipeAll
}

// pipeline runs its commands side by side, each a process.
func (s *Shell) pipeline(c *syntax.BinaryCmd) {
	s.tail = false
	list, merged := parts(c)
	pids := make([]int, len(list))
	statuses := make([]int, len(list))
	in := closed
	for i, st := range list {
		t := s.fds.clone()
		if in != closed {
			t[0] = in
		}
		r, w := closed, closed
		if i < len(list)-1 {
			var err error
			if r, w, err = pipe(); err != nil {
				s.failed(err, 2)
				statuses[i] = 2
				break
			}
			t[1] = w
			if merged[i] {
				t[2] = w
			}
		}
		pids[i], statuses[i] = s.stage(st, t)
		for _, fd := range []int{in, w} {
			if fd != closed {
				closeFd(fd)
			}
		}
		in = r
	}
	if in != closed {
		closeFd(in)
	}
	s.collect(pids, statuses)
}

// collect waits for all commands of a pipeline; the last one's status is the
// pipeline's, or with pipefail the last that is not 0.
func (s *Shell) collect(pids, statuses []int) {
	for _, pid := range pids {
		if pid != 0 {
			s.jobs[pid] = &job{}
		}
	}
	for i, pid := range pids {
		if pid == 0 {
			continue
		}
		if j := s.jobs[pid]; j.done {
			statuses[i] = j.status
		} else {
			statuses[i] = s.await(pid)
		}
		delete(s.jobs, pid)
	}
	s.status = statuses[len(statuses)-1]
	if !s.opts.pipeFail {
		return
	}
	for i := len(statuses) - 1; i >= 0; i-- {
		if statuses[i] != 0 {
			s.status = statuses[i]
			return
		}
	}
}

// stage starts a statement as a process of its own with the descriptors of t,
// and returns its pid, or 0 and a status.
func (s *Shell) stage(st *syntax.Stmt, t table) (pid, status int) {
	c, simple := st.Cmd.(*syntax.CallExpr)
	if !simple || st.Negated {
		return s.child(t, source(st))
	}
	saved := s.fds
	s.fds = t
	defer func() { s.fds = saved }()
	args, err := s.fields(c.Args)
	if err != nil {
		s.complain("%s", reason(err))
		return 0, 1
	}
	pairs, err := s.assignments(c.Assigns, false)
	if err != nil {
		s.complain("%s", reason(err))
		return 0, 1
	}
	s.traceCall(pairs, args)
	to, err := s.redirect(t, st.Redirs)
	if err != nil {
		s.complain("%s", reason(err))
		return 0, 1
	}
	if len(st.Redirs) > 0 {
		defer to.drop(t)
	}
	s.fds = to
	if len(args) == 0 {
		return 0, 0
	}
	if s.funcs[args[0]] == nil && builtin(args[0]) == nil && !isPure(args[0]) {
		return s.spawn(to, args, s.environ(pairs))
	}
	return s.child(to, quoteCall(pairs, args))
}
