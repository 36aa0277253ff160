package shell

import (
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// capture runs a command substitution and returns its output without the
// newlines at the end. Its status is kept for a command of assignments only.
func (s *Shell) capture(list []*syntax.Stmt) (string, error) {
	if out, ok := s.captureHere(list); ok {
		return strings.TrimRight(out, "\n"), nil
	}
	r, w, err := pipe()
	if err != nil {
		return "", err
	}
	t := s.fds.clone()
	t[1] = w
	var pid, status int
	if len(list) == 1 && !list[0].Background {
		pid, status = s.stage(list[0], t)
	} else {
		pid, status = s.child(t, sourceAll(list))
	}
	closeFd(w)
	out, err := readAll(r)
	closeFd(r)
	if pid != 0 {
		status = s.await(pid)
	}
	s.status, s.subst = status, status
	return strings.TrimRight(strings.ReplaceAll(out, "\x00", ""), "\n"), err
}

// captureHere answers $(echo x) and its like without a process: their output
// is known and nothing else changes.
func (s *Shell) captureHere(list []*syntax.Stmt) (string, bool) {
	if len(list) == 0 {
		s.subst = 0
		return "", true
	}
	st := list[0]
	c, ok := st.Cmd.(*syntax.CallExpr)
	if len(list) != 1 || !ok || st.Negated || st.Background || len(st.Redirs) > 0 || len(c.Assigns) > 0 || len(c.Args) == 0 {
		return "", false
	}
	name := c.Args[0].Lit()
	if !isPure(name) || s.funcs[name] != nil || changes(c) {
		return "", false
	}
	args, err := s.fields(c.Args)
	if err != nil {
		// The subshell meets the same error and reports it there.
		return "", false
	}
	out, complaint, status := s.pure(args)
	s.traceCall(nil, args)
	if complaint != "" {
		s.complain("%s", complaint)
	}
	s.status, s.subst = status, status
	return out, true
}

// changes tells whether the words of a command could change a variable or run
// something: that has to happen in a subshell.
func changes(c *syntax.CallExpr) bool {
	found := false
	syntax.Walk(c, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ArithmExp, *syntax.CmdSubst, *syntax.ProcSubst:
			found = true
		case *syntax.ParamExp:
			if n.Exp != nil {
				found = true
			}
		}
		return !found
	})
	return found
}

func readAll(fd int) (string, error) {
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := retry(func() (int, error) { return unix.Read(fd, buf) })
		if n <= 0 || err != nil {
			return b.String(), err
		}
		b.Write(buf[:n])
	}
}
