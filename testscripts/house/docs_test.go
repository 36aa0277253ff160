package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func TestErrorsManual(t *testing.T) {
	data, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^### `([a-z-]+)`$").FindAllStringSubmatch(string(data), -1) {
		if documented[m[1]] {
			t.Errorf("docs/errors.md has %s twice", m[1])
		}
		documented[m[1]] = true
	}
	for _, c := range fail.Codes() {
		if !documented[string(c)] {
			t.Errorf("docs/errors.md lacks %s", c)
		}
		delete(documented, string(c))
	}
	for c := range documented {
		t.Errorf("docs/errors.md has %s, which lib/fail lacks", c)
	}
}

// TestPathsInManuals: a path of the repository that a page names exists.
func TestPathsInManuals(t *testing.T) {
	pages, _ := filepath.Glob("../../docs/*.md")
	pages = append(pages, "../../README.md", "../../CONTRIBUTING.md")
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	code := regexp.MustCompile("(?m)(?:^|[\\s`(])((?:docs|examples|scripts|testscripts|tools|cmd|lib)/[A-Za-z0-9_./-]*[A-Za-z0-9_])")
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			exists(t, page, filepath.Join(filepath.Dir(page), m[1]))
		}
		for _, m := range code.FindAllStringSubmatch(string(data), -1) {
			exists(t, page, filepath.Join("../..", m[1]))
		}
	}
}

func exists(t *testing.T, page, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s names %s, which is not there", filepath.Base(page), path)
	}
}

// TestMakeHelp: every phony target of a person has its line.
func TestMakeHelp(t *testing.T) {
	data, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range strings.Fields("help build demo test lint bench man install uninstall clean") {
		if !regexp.MustCompile(`(?m)^` + target + `:.*## \S`).Match(data) {
			t.Errorf("Makefile: %s has no ## line", target)
		}
	}
}

// TestCommandsInReadme: each line of a code block begins with a command of this
// house, or with make or docker.
func TestCommandsInReadme(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(data), "\n```") {
		if i%2 == 0 {
			continue
		}
		for line := range strings.Lines(block) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if word != "" && word != "make" && word != "docker" {
				exists(t, "README.md", "../../cmd/"+word)
			}
		}
	}
}
