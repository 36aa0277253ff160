// Man renders the package comment of each command, which is its manual, as a
// man page: man DIR writes DIR/NAME.1, and DIR/gt-init.8. Run it in the root of
// the module; make man does.
package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: man DIR")
		os.Exit(2)
	}
	if err := pages(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

func pages(dir string) error {
	mains, err := filepath.Glob("cmd/*/main.go")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range mains {
		name := filepath.Base(filepath.Dir(file))
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			return err
		}
		if strings.TrimSpace(f.Doc.Text()) == "" {
			return fmt.Errorf("%s: no package comment, which is the manual", file)
		}
		section := "1"
		if name == "gt-init" {
			section = "8"
		}
		page := render(name, section, f.Doc.Text())
		if err := os.WriteFile(filepath.Join(dir, name+"."+section), []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}
