// Package house holds the rules of CONTRIBUTING.md that a machine can hold:
// floors, sizes, words, and what may be linked into which binary.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/gophertainer/gophertainer"

// pkg is the part of `go list -json` the rules need.
type pkg struct {
	ImportPath, Name, Dir     string
	Imports, CgoFiles, Deps   []string
	GoFiles, IgnoredGoFiles   []string
	TestImports, XTestImports []string
	TestGoFiles, XTestGoFiles []string
	Standard                  bool
}

var listed = sync.OnceValues(func() ([]pkg, error) { return list("./...") })

// list runs go list in the root of the module, with cgo, so that the files of
// gt-seccomp are seen as they are built.
func list(args ...string) ([]pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-json"}, args...)...)
	cmd.Dir = "../.."
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(errs.String()))
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
