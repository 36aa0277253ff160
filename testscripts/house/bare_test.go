package house

import (
	"bufio"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// harmless is what gt-init may reach of Go's runtime, which it runs without:
// routines that touch nothing but their arguments, the ends of a program that
// is broken, the calls that a prologue makes when the stack is full, and the
// way back from a recovered panic.
var harmless = regexp.MustCompile(`^runtime\.(mem(move|equal|equal_varlen|clrNoHeapPointers)|cmpstring|duff(zero|copy)(\.abi0)?|` +
	`(go)?[pP]anic\w+|morestack\w*|deferreturn|gcWriteBarrier\w*)(\.abi0)?$`)

// TestInitNeedsNoRuntime walks gt-init's machine code from its entry, through
// calls, jumps and the functions whose address is taken. The step tables are
// data, so all of lib/birth/inside counts as reached.
func TestInitNeedsNoRuntime(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("gt-init has an entry of its own on amd64 only")
	}
	bin := t.TempDir() + "/gt-init"
	build := exec.Command("go", "build", "-o", bin, "-ldflags", "-E main.entry", "./cmd/gt-init")
	build.Dir = "../.."
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	reach := calls(t, bin)
	from := map[string]string{"main.entry": ""}
	queue := []string{"main.entry"}
	for name := range reach {
		if strings.HasPrefix(name, module+"/lib/birth/inside.") {
			from[name] = "(step tables)"
			queue = append(queue, name)
		}
	}
	if len(queue) < 50 {
		t.Fatalf("found %d functions to begin with, need 50: the walk proves nothing", len(queue))
	}
	for _, pkg := range []string{"bare", "plan", "sys", "birth/inside"} {
		if name := module + "/lib/" + pkg + ".init"; reach[name] != nil {
			t.Errorf("gt-init never runs %s: a variable of the package is made at start", name)
		}
	}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if strings.HasPrefix(name, "runtime.") {
			if !harmless.MatchString(name) {
				t.Errorf("gt-init may call %s, from %s, from %s", name, from[name], from[from[name]])
			}
			continue
		}
		for _, to := range reach[name] {
			if _, seen := from[to]; !seen {
				from[to] = name
				queue = append(queue, to)
			}
		}
	}
}

var (
	textLine = regexp.MustCompile(`^TEXT (\S+)\(SB\)`)
	target   = regexp.MustCompile(`\s(?:CALL|J[A-Z]+|LEAQ)\s(\S+?)(?:\+\d+)?\(SB\)`)
)

// calls lists for each function what it calls, jumps to, or takes the address of.
func calls(t *testing.T, bin string) map[string][]string {
	t.Helper()
	dump := exec.Command("go", "tool", "objdump", bin)
	out, err := dump.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := dump.Start(); err != nil {
		t.Fatal(err)
	}
	reach := map[string][]string{}
	name := ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if m := textLine.FindStringSubmatch(line); m != nil {
			name = m[1]
			reach[name] = nil
		} else if m := target.FindStringSubmatch(line); m != nil && m[1] != name {
			reach[name] = append(reach[name], m[1])
		}
	}
	if err := dump.Wait(); err != nil {
		t.Fatal(err)
	}
	for name, list := range reach { // an address may be one of data
		reach[name] = slices.DeleteFunc(list, func(to string) bool { _, code := reach[to]; return !code })
	}
	return reach
}
