package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An error is `verb object: cause`; that it is one needs no saying.
var idle = regexp.MustCompile(`(?i)\b(failed to|unable to|could not|couldn't|cannot be able|an? error|error (while|when|in|occurred))\b|^error\b`)

// makers are the calls whose first string is a sentence for a person.
var makers = map[string]bool{
	"fmt.Errorf": true, "errors.New": true, "fail.New": true, "fail.Usage": true, "fail.Spec": true,
}

func TestErrorsAreBare(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !makers[callee(call)] {
				return true
			}
			for _, arg := range call.Args {
				if text, ok := literal(arg); ok {
					checkSentence(t, s, arg.Pos(), text)
				}
			}
			return true
		})
	}
}

func checkSentence(t *testing.T, s *source, pos token.Pos, text string) {
	if w := idle.FindString(text); w != "" {
		t.Errorf("%s:%d: %q says %q: name the verb and the object only", s.path, s.line(pos), text, w)
	}
	if strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "..") {
		t.Errorf("%s:%d: %q ends with a period", s.path, s.line(pos), text)
	}
	if strings.Contains(text, "\n") {
		t.Errorf("%s:%d: %q is more than one line", s.path, s.line(pos), text)
	}
}

func TestNothingIsLeftToDo(t *testing.T) {
	todo := regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK|unimplemented|not (yet )?implemented)\b`)
	for _, s := range sources(t) {
		if s.path == "testscripts/house/words_test.go" {
			continue
		}
		for _, g := range s.file.Comments {
			if w := todo.FindString(g.Text()); w != "" {
				t.Errorf("%s:%d: %s", s.path, s.line(g.Pos()), w)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && todo.MatchString(lit.Value) {
				t.Errorf("%s:%d: %s", s.path, s.line(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

// TestForbiddenCalls: waiting is by event, and lib neither prints nor runs
// programs through os/exec (it looks into $PATH) nor ends the process.
func TestForbiddenCalls(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		lib := strings.HasPrefix(s.path, "lib/") && s.file.Name.Name != "main"
		for _, imp := range s.file.Imports {
			if lib && imp.Path.Value == `"os/exec"` {
				t.Errorf("%s imports os/exec: use os.StartProcess with a full path", s.path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch name := callee(call); {
			case name == "time.Sleep" && !strings.HasPrefix(s.path, "cmd/gt-box/"):
				t.Errorf("%s:%d: time.Sleep: wait for the event", s.path, s.line(call.Pos()))
			case lib && (strings.HasPrefix(name, "fmt.Print") || name == "log.Print" || name == "log.Printf"):
				t.Errorf("%s:%d: %s in lib: return it", s.path, s.line(call.Pos()), name)
			}
			return true
		})
	}
}

func callee(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + sel.Sel.Name
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
