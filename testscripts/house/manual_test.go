package house

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// manual is the package comment of a command.
func manual(t *testing.T, name string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../cmd/"+name+"/main.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return f.Doc.Text()
}

func TestManualsHaveTheirParts(t *testing.T) {
	mains, _ := filepath.Glob("../../cmd/*/main.go")
	for _, m := range mains {
		name := filepath.Base(filepath.Dir(m))
		text := manual(t, name)
		parts := []string{"Synopsis", "Description", "Exit status"}
		if name != "gt-init" {
			parts = append(parts, "Examples")
		}
		for _, part := range parts {
			if !strings.Contains(text, "# "+part+"\n") {
				t.Errorf("cmd/%s: the package comment has no part %q", name, part)
			}
		}
	}
}

// TestPagesAreFresh: docs/man is what make man writes.
func TestPagesAreFresh(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("go", "run", "./scripts/man", dir)
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fresh, _ := filepath.Glob(dir + "/*")
	for _, f := range fresh {
		want, _ := os.ReadFile(f)
		have, err := os.ReadFile("../../docs/man/" + filepath.Base(f))
		if err != nil || string(have) != string(want) {
			t.Errorf("docs/man/%s is not what the package comment says, need: make man", filepath.Base(f))
		}
	}
}

// unhelped are commands whose options are another's, or that have none.
var unhelped = []string{"gophertainer", "gt-init", "gt-box"}

// TestHelpIsManual: --help of a command and of its verbs names the options
// that the manual names, all of them and no other.
func TestHelpIsManual(t *testing.T) {
	for _, bin := range binaries(t) {
		name := filepath.Base(bin)
		if slices.Contains(unhelped, name) {
			continue
		}
		text := manual(t, name)
		inHelp := helpOptions(t, bin)
		for _, verb := range verbs(name, text) {
			maps.Copy(inHelp, helpOptions(t, bin, verb))
		}
		inManual := optionsOf(text)
		for o := range inHelp {
			if !inManual[o] {
				t.Errorf("cmd/%s: the manual lacks %s, which --help has", name, o)
			}
		}
		for o := range inManual {
			if !inHelp[o] && ownOption(text, o) {
				t.Errorf("cmd/%s: the manual has %s, which no --help has", name, o)
			}
		}
	}
}

func helpOptions(t *testing.T, bin string, verb ...string) map[string]bool {
	t.Helper()
	out, err := exec.Command(bin, append(verb, "--help")...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s --help: %v\n%s", filepath.Base(bin), strings.Join(verb, " "), err, out)
	}
	return optionsOf(string(out))
}

var option = regexp.MustCompile(`(?:^|[\s\[(|,"])(--[a-z][a-z0-9-]+)`)

func optionsOf(text string) map[string]bool {
	all := map[string]bool{"--help": true, "--version": true}
	for _, m := range option.FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	return all
}

// ownOption: an option that stands in an example for another program, such as
// docker run --runtime, is not this command's: it is not in the part Options.
func ownOption(text, o string) bool {
	_, part, _ := strings.Cut(text, "# Options\n")
	part, _, _ = strings.Cut(part, "\n# ")
	return optionsOf(part)[o]
}

// verbs are the words after the name in the synopsis.
func verbs(name, text string) []string {
	_, part, _ := strings.Cut(text, "# Synopsis\n")
	part, _, _ = strings.Cut(part, "\n# ")
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^\s+`+name+` (?:\[[A-Z ]+\] )?([a-z][a-z-]*)\b`).FindAllStringSubmatch(part, -1) {
		if !slices.Contains(all, m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}
