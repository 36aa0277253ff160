package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	maxFile     = 400 // lines
	maxFunction = 60  // lines, but for tables of steps marked //house:table
	maxParams   = 4
)

// A source is one hand-written Go file of the module.
type source struct {
	path string // from the root of the module
	text []byte
	file *ast.File
	fset *token.FileSet
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s *source) line(p token.Pos) int { return s.fset.Position(p).Line }

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

var parsed = sync.OnceValues(func() ([]*source, error) {
	var all []*source
	root := "../.."
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "dist", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil || generated.Match(text) {
			return err
		}
		s := &source{text: text, fset: token.NewFileSet()}
		s.path, _ = filepath.Rel(root, p)
		s.file, err = parser.ParseFile(s.fset, p, text, parser.ParseComments)
		all = append(all, s)
		return err
	})
	return all, err
})

func sources(t *testing.T) []*source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > maxFile {
			t.Errorf("%s: %d lines, need at most %d", s.path, n, maxFile)
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				checkFunction(t, s, f)
			}
		}
	}
}

func checkFunction(t *testing.T, s *source, f *ast.FuncDecl) {
	table := f.Doc != nil && slices.ContainsFunc(f.Doc.List, func(c *ast.Comment) bool {
		return c.Text == "//house:table"
	})
	if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFunction && !table {
		t.Errorf("%s:%d: %s: %d lines, need at most %d", s.path, s.line(f.Pos()), f.Name.Name, n, maxFunction)
	}
	params := 0
	for _, p := range f.Type.Params.List {
		params += max(1, len(p.Names))
	}
	// The declaration of an option reads as one row of a table.
	if params > maxParams && s.path != "lib/tool/options.go" {
		t.Errorf("%s:%d: %s: %d parameters, need at most %d", s.path, s.line(f.Pos()), f.Name.Name, params, maxParams)
	}
}

func TestMainsAreShort(t *testing.T) {
	for _, s := range sources(t) {
		// The package comment is the manual; it does not count.
		n := bytes.Count(s.text, []byte("\n")) - s.line(s.file.Package)
		if filepath.Base(s.path) == "main.go" && strings.HasPrefix(s.path, "cmd/") && n > 120 {
			t.Errorf("%s: %d lines after the package clause, need at most 120", s.path, n)
		}
	}
}

func TestUnsafeHasItsFiles(t *testing.T) {
	for _, s := range sources(t) {
		name := strings.TrimSuffix(strings.TrimSuffix(s.path, ".go"), "_test")
		for _, imp := range s.file.Imports {
			switch imp.Path.Value {
			case `"unsafe"`:
				if !strings.HasSuffix(name, "_unsafe") {
					t.Errorf("%s imports unsafe, which only *_unsafe.go may", s.path)
				}
			case `"C"`:
				if !strings.HasPrefix(s.path, "cmd/gt-seccomp/") {
					t.Errorf("%s uses cgo, which only cmd/gt-seccomp may", s.path)
				}
			}
		}
	}
}

func TestPackageNames(t *testing.T) {
	banned := []string{
		"util", "utils", "helper", "helpers", "common", "misc", "base", "shared",
		"manager", "handler", "engine", "runner", "core", "types", "lib",
	}
	for _, s := range sources(t) {
		if slices.Contains(banned, s.file.Name.Name) {
			t.Errorf("%s: package %s has not found its noun yet", s.path, s.file.Name.Name)
		}
	}
}
