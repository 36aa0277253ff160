package environ

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCollect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("# comment\n\nA=1\r\nB=x # y\nHOME\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Collect([]string{file}, []string{"A=2", "NONE", "E=", "Q=a=b"}, []string{"HOME=/h", "HOMER=x"})
	if want := []string{"A=1", "B=x # y", "HOME=/h", "A=2", "E=", "Q=a=b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("have %q, %v, need %q", got, err, want)
	}
	if err := os.WriteFile(file, []byte("A=1\n=2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, do := range map[string]func() ([]string, error){
		file + ":2: ":  func() ([]string, error) { return Collect([]string{file}, nil, nil) },
		"no such file": func() ([]string, error) { return Collect([]string{file + "x"}, nil, nil) },
		"has no name":  func() ([]string, error) { return Collect(nil, []string{"=x"}, nil) },
		`"" has no`:    func() ([]string, error) { return Collect(nil, []string{""}, nil) },
		"zero byte":    func() ([]string, error) { return Collect(nil, []string{"A=\x00"}, nil) },
	} {
		if got, err := do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("have %q, %v, need %q", got, err, want)
		}
	}
}
