package house

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// A claim is one row of a table of docs/conformance.md.
type claim struct{ subject, state, tests string }

var (
	claimRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\|$")
	quoted   = regexp.MustCompile("`([^`]+)`")
)

// claims are the rows of the part with a title.
func claims(t *testing.T, title string) []claim {
	t.Helper()
	page, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(page), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("docs/conformance.md has no part %q", title)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	var list []claim
	for _, m := range claimRow.FindAllStringSubmatch(part, -1) {
		list = append(list, claim{m[1], m[2], m[3]})
	}
	return list
}

// members walks the types of the specification, as far as they are for Linux.
func members(typ reflect.Type, at string, each func(pointer string)) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if kind := typ.Kind(); kind == reflect.Slice || kind == reflect.Map {
		if e := typ.Elem(); e.Kind() == reflect.Struct || e.Kind() == reflect.Pointer {
			members(e, at+"/*", each)
		}
		return
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			members(f.Type, at, each)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		platform := f.Tag.Get("platform")
		if name == "" || name == "-" || platform != "" && !strings.Contains(platform, "linux") ||
			at == "" && slices.Contains([]string{"solaris", "windows", "vm", "zos", "freebsd"}, name) {
			continue
		}
		each(at + "/" + name)
		members(f.Type, at+"/"+name, each)
	}
}

// TestConformanceMembers: each member stands in the table once, by itself or
// with all below one that does, and no row is of a member that is not there.
func TestConformanceMembers(t *testing.T) {
	rows := map[string]bool{}
	for _, c := range claims(t, "Members") {
		if rows[c.subject] {
			t.Errorf("docs/conformance.md has %s twice", c.subject)
		}
		rows[c.subject] = true
		tested(t, c)
	}
	unused := maps.Clone(rows)
	members(reflect.TypeFor[specs.Spec](), "", func(pointer string) {
		delete(unused, pointer)
		under := false // one with rows of its own below it
		for row := range rows {
			under = under || strings.HasPrefix(row, pointer+"/")
		}
		above := pointer
		for above != "" && !rows[above] {
			above = above[:strings.LastIndexByte(above, '/')]
		}
		if above == "" && !under {
			t.Errorf("docs/conformance.md lacks %s", pointer)
		}
		if above != "" && under {
			t.Errorf("docs/conformance.md has %s, and rows below it", above)
		}
	})
	for row := range unused {
		t.Errorf("docs/conformance.md has %s, which the specification lacks", row)
	}
}

// TestConformanceCommands: the table has what --help has.
func TestConformanceCommands(t *testing.T) {
	i := slices.IndexFunc(binaries(t), func(b string) bool { return filepath.Base(b) == "gt-oci" })
	bin := binaries(t)[i]
	rows := map[string]bool{}
	for _, c := range claims(t, "Commands and options") {
		if rows[c.subject] {
			t.Errorf("docs/conformance.md has %s twice", c.subject)
		}
		rows[c.subject] = true
		tested(t, c)
	}
	need := map[string]bool{}
	for o := range ownOptions(t, bin) {
		need[o] = true
	}
	for _, verb := range verbs("gt-oci", manual(t, "gt-oci")) {
		need[verb] = true
		for o := range ownOptions(t, bin, verb) {
			need[verb+" "+o] = true
		}
	}
	for n := range need {
		if !rows[n] {
			t.Errorf("docs/conformance.md lacks %s", n)
		}
	}
	for r := range rows {
		if !need[r] {
			t.Errorf("docs/conformance.md has %s, which no --help has", r)
		}
	}
}

var helpOption = regexp.MustCompile(`(?m)^  (?:-\w, |    )(--[a-z0-9-]+)`)

// ownOptions are the options that a help lists as its own.
func ownOptions(t *testing.T, bin string, verb ...string) map[string]bool {
	t.Helper()
	out, err := exec.Command(bin, append(verb, "--help")...).Output()
	if err != nil {
		t.Errorf("%s %v: %v", bin, verb, err)
	}
	_, part, _ := strings.Cut(string(out), "\noptions:\n")
	all := map[string]bool{}
	for _, m := range helpOption.FindAllStringSubmatch(part, -1) {
		all[m[1]] = true
	}
	return all
}

// tested: the scenario, or the test of a package, is there and speaks of the
// subject's last word.
func tested(t *testing.T, c claim) {
	t.Helper()
	word := c.subject[strings.LastIndexAny(c.subject, "/ ")+1:]
	if word == "*" {
		word = strings.TrimSuffix(c.subject, "/*")
	}
	names := quoted.FindAllStringSubmatch(c.tests, -1)
	if len(names) == 0 {
		t.Errorf("docs/conformance.md: %s names no test", c.subject)
	}
	for i := 0; i < len(names); i++ {
		name := names[i][1]
		if !strings.HasPrefix(name, "lib/") {
			text, err := os.ReadFile("../scenarios/" + name + ".txtar")
			if err != nil {
				t.Errorf("docs/conformance.md: %s: %v", c.subject, err)
			} else if !speaks(string(text), word) {
				t.Errorf("docs/conformance.md: %s: the scenario %s does not speak of %s", c.subject, name, word)
			}
			continue
		}
		if i++; i == len(names) {
			t.Errorf("docs/conformance.md: %s: %s names no test", c.subject, name)
			return
		}
		text := packageTests(t, name)
		if !strings.Contains(text, "func "+names[i][1]+"(") {
			t.Errorf("docs/conformance.md: %s: %s has no %s", c.subject, name, names[i][1])
		}
		if !speaks(text, word) {
			t.Errorf("docs/conformance.md: %s: the tests of %s do not speak of %s", c.subject, name, word)
		}
	}
}

// speaks: an option may stand there by its letter, which no table lists.
func speaks(text, word string) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	if name, ok := strings.CutPrefix(word, "--"); ok {
		return strings.Contains(text, word) || strings.Contains(text, " -"+name[:1])
	}
	return strings.Contains(text, word)
}

func packageTests(t *testing.T, pkg string) string {
	t.Helper()
	files, _ := filepath.Glob("../../" + pkg + "/*_test.go")
	data, _ := filepath.Glob("../../" + pkg + "/testdata/*")
	var all strings.Builder
	for _, f := range append(files, data...) {
		if b, err := os.ReadFile(f); err == nil { // a directory is none
			all.Write(b)
		}
	}
	return all.String()
}
