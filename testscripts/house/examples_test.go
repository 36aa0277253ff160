package house

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples: each recipe is named in the README and run by a scenario.
func TestExamples(t *testing.T) {
	recipes, err := filepath.Glob("../../examples/*.sh")
	if err != nil || len(recipes) == 0 {
		t.Fatal(recipes, err)
	}
	scenarios, err := filepath.Glob("../scenarios/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	readme := text(t, "../../README.md")
	var run strings.Builder
	for _, s := range scenarios {
		run.WriteString(text(t, s))
	}
	for _, r := range recipes {
		name := "examples/" + filepath.Base(r)
		if !strings.Contains(readme, name) {
			t.Errorf("%s is not named in README.md", name)
		}
		if !strings.Contains(run.String(), name) {
			t.Errorf("%s is run by no scenario", name)
		}
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
