package shell

import (
	"fmt"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// testClause is [[ … ]]: patterns and && || inside, everything else as test.
func (s *Shell) testClause(c *syntax.TestClause) {
	ok, err := s.testExpr(c.X)
	if err != nil {
		s.failed(err, 2)
		return
	}
	s.status = truth(ok)
}

func (s *Shell) testExpr(x syntax.TestExpr) (bool, error) {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return s.testExpr(x.X)
	case *syntax.Word:
		v, err := expand.Literal(s.config(), x)
		return v != "", err
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			ok, err := s.testExpr(x.X)
			return !ok, err
		}
		return s.testWords(x.Op.String(), x.X)
	case *syntax.BinaryTest:
		return s.testBinary(x)
	}
	return false, fmt.Errorf("this test is not supported")
}

func (s *Shell) testBinary(x *syntax.BinaryTest) (bool, error) {
	switch x.Op {
	case syntax.AndTest, syntax.OrTest:
		ok, err := s.testExpr(x.X)
		if err != nil || ok == (x.Op == syntax.OrTest) {
			return ok, err
		}
		return s.testExpr(x.Y)
	case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch, syntax.TsReMatch:
		return s.testMatch(x)
	}
	return s.testWords(x.Op.String(), x.X, x.Y)
}

func (s *Shell) testMatch(x *syntax.BinaryTest) (bool, error) {
	left, ok1 := x.X.(*syntax.Word)
	right, ok2 := x.Y.(*syntax.Word)
	if !ok1 || !ok2 {
		return false, fmt.Errorf("%s: need words", x.Op)
	}
	text, err := expand.Literal(s.config(), left)
	if err != nil {
		return false, err
	}
	if x.Op == syntax.TsReMatch {
		expr, err := expand.Literal(s.config(), right)
		if err != nil {
			return false, err
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			return false, err
		}
		return re.MatchString(text), nil
	}
	ok, err := s.matchesWord(right, text)
	return ok == (x.Op != syntax.TsNoMatch), err
}

// testWords asks the test applet.
func (s *Shell) testWords(op string, operands ...syntax.TestExpr) (bool, error) {
	args := []string{"test"}
	for i, x := range operands {
		w, ok := x.(*syntax.Word)
		if !ok {
			return false, fmt.Errorf("%s: need words", op)
		}
		v, err := expand.Literal(s.config(), w)
		if err != nil {
			return false, err
		}
		if i == len(operands)-1 {
			args = append(args, op)
		}
		args = append(args, v)
	}
	_, complaint, status := s.applets.Pure(args)
	if complaint != "" {
		return false, fmt.Errorf("%s", strings.TrimSpace(complaint))
	}
	return status == 0, nil
}
