package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	rowOption = regexp.MustCompile("`(--?[a-z][a-z0-9-]*)")
	rowVerb   = regexp.MustCompile("`(gt-run [a-z]+)")
)

// TestFromDocker: each row of docs/from-docker.md names scenarios that are there
// and that use all options or verbs of its second column.
func TestFromDocker(t *testing.T) {
	text, err := os.ReadFile("../../docs/from-docker.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cell := strings.Split(line, "|")
		if len(cell) != 5 || strings.HasPrefix(line, "|---") || strings.TrimSpace(cell[3]) == "scenario" {
			continue
		}
		rows++
		var all string
		for name := range strings.SplitSeq(cell[3], ",") {
			scenario, err := os.ReadFile("../scenarios/" + strings.TrimSpace(name) + ".txtar")
			if err != nil {
				t.Errorf("from-docker.md: row %s: %v", strings.TrimSpace(cell[1]), err)
			}
			all += string(scenario)
		}
		ours, _, _ := strings.Cut(cell[2], " or ")
		ours, _, _ = strings.Cut(ours, ";")
		for _, m := range append(rowOption.FindAllStringSubmatch(ours, -1), rowVerb.FindAllStringSubmatch(ours, -1)...) {
			if !uses(all, m[1]) {
				t.Errorf("from-docker.md: row %s: %s does not use %s", strings.TrimSpace(cell[1]), strings.TrimSpace(cell[3]), m[1])
			}
		}
	}
	if rows < 60 {
		t.Errorf("from-docker.md has %d rows, need 60", rows)
	}
}

// uses finds an option as a word; short ones may stand together.
func uses(text, word string) bool {
	if len(word) == 2 {
		return regexp.MustCompile(`(^|\s)-[a-z]*` + word[1:] + `[a-z]*\s`).MatchString(text)
	}
	return regexp.MustCompile(`(^|[\s"'])` + regexp.QuoteMeta(word) + `($|[\s="'])`).MatchString(text)
}

// TestFromDockerIsWhole: each option of gt-run --help stands in docs/from-docker.md
// and in the manual, and each is what the shells complete.
func TestFromDockerIsWhole(t *testing.T) {
	bin := os.Getenv("GT_BIN")
	if bin == "" {
		bin = "../../bin"
	}
	program := filepath.Join(bin, "gt-run")
	help, err := exec.Command(program, "--help").Output()
	if err != nil {
		t.Skip("need gt-run in bin (make build)")
	}
	text, err := os.ReadFile("../../docs/from-docker.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out, err := exec.Command(program, "completion", shell).Output()
		if err != nil {
			t.Fatal(shell, err)
		}
		scripts[shell] = string(out)
	}
	page := manual(t, "gt-run")
	options := regexp.MustCompile(`(?m)^ +(?:-[a-z], )?(--[a-z][a-z0-9-]*)`).FindAllStringSubmatch(string(help), -1)
	if len(options) < 60 {
		t.Errorf("gt-run --help has %d options, need 60", len(options))
	}
	for _, m := range options {
		word := regexp.MustCompile(`(^|[^a-z0-9-])` + m[1] + `($|[^a-z0-9-])`)
		if !word.Match(text) {
			t.Errorf("docs/from-docker.md lacks %s", m[1])
		}
		if !word.MatchString(page) {
			t.Errorf("the manual of gt-run lacks %s", m[1])
		}
		for shell, script := range scripts {
			if !word.MatchString(script) {
				t.Errorf("completion %s lacks %s", shell, m[1])
			}
		}
	}
	verbs := regexp.MustCompile(`(?m)^\s+gt-run ([a-z]+) [\[A-Z]`).FindAllStringSubmatch(page, -1)
	for _, m := range verbs {
		for shell, script := range scripts {
			if !regexp.MustCompile(`[^a-z]` + m[1] + `[^a-z]`).MatchString(script) {
				t.Errorf("completion %s lacks the verb %s", shell, m[1])
			}
		}
	}
}
