package house

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	linterFile  = "../../.golangci.yml"
	linterBegin = "      # floors: begin, written by GT_UPDATE=1 go test ./testscripts/house\n"
	linterEnd   = "      # floors: end\n"
)

// TestFloorsInLinter compares depguard's rules with the tables above; with
// GT_UPDATE=1 it writes them.
func TestFloorsInLinter(t *testing.T) {
	data, err := os.ReadFile(linterFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(data), linterBegin)
	have, tail, ok2 := strings.Cut(rest, linterEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s lacks the lines around the floors", linterFile)
	}
	want := depguard()
	if have == want {
		return
	}
	if os.Getenv("GT_UPDATE") == "" {
		t.Fatalf("%s says other floors, need GT_UPDATE=1 go test ./testscripts/house", linterFile)
	}
	if err := os.WriteFile(linterFile, []byte(head+linterBegin+want+linterEnd+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// depguard renders floors and kept as rules. A rule cannot tell a package from
// its neighbour on the floor; TestFloors does.
func depguard() string {
	var b strings.Builder
	var below []string
	for n, nouns := range floors {
		below = append(below, nouns...)
		fmt.Fprintf(&b, "        floor%d:\n          list-mode: strict\n          files:\n            - \"!$test\"\n", n)
		for _, noun := range nouns {
			fmt.Fprintf(&b, "            - \"**/lib/%s/**\"\n", noun)
		}
		b.WriteString("          allow:\n            - $gostd\n")
		for _, m := range libMay {
			fmt.Fprintf(&b, "            - %s\n", m)
		}
		for _, noun := range below {
			fmt.Fprintf(&b, "            - %s/lib/%s\n", module, noun)
		}
	}
	for n, mod := range slices.Sorted(maps.Keys(kept)) {
		fmt.Fprintf(&b, "        kept%d:\n          files:\n", n)
		for _, home := range strings.Fields(kept[mod]) {
			fmt.Fprintf(&b, "            - \"!**/%s/**\"\n", home)
		}
		fmt.Fprintf(&b, "          deny:\n            - pkg: %s\n              desc: only %s may\n", mod, kept[mod])
	}
	return b.String()
}
