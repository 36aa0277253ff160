package house

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// starters execute programs. A call of exec.Command runs nothing yet; Start does.
var starters = []string{"syscall.ForkExec", "os.StartProcess", "unix.Exec", "syscall.Exec", "exec.Command", "exec.CommandContext"}

// TestProgramsGetPlainSlack: what gt-oci, gt-plugin and gt-run execute has the timer slack
// that they were started with themselves, not the one of Go's monitor.
func TestProgramsGetPlainSlack(t *testing.T) {
	found := 0
	for _, s := range sources(t) {
		if s.test() || !strings.HasPrefix(s.path, "lib/") && !strings.HasPrefix(s.path, "cmd/gt-oci/") && !strings.HasPrefix(s.path, "cmd/gt-run/") && !strings.HasPrefix(s.path, "cmd/gt-plugin/") {
			continue
		}
		plain := slices.Contains(called(s.file), "sys.PlainSlack") || slices.Contains(called(s.file), "restoreSlack")
		for _, c := range called(s.file) {
			if !slices.Contains(starters, c) {
				continue
			}
			found++
			if !plain {
				t.Errorf("%s calls %s and never sys.PlainSlack", s.path, c)
			}
		}
	}
	if found < 10 {
		t.Errorf("found %d programs executed, which is too few: have they got other names?", found)
	}
}

// called are the names of what a file calls, as they are written.
func called(f *ast.File) []string {
	var list []string
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch fun := c.Fun.(type) {
		case *ast.Ident:
			list = append(list, fun.Name)
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok {
				list = append(list, x.Name+"."+fun.Sel.Name)
			}
		}
		return true
	})
	return list
}
