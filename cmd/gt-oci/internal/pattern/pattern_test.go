package pattern

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

var texts = []string{"", "a", "b", "ab", "ba", "web", "web-1", "web-12", "web-12.a", "db_3", "aab", "aaaa", "]", "a]", "x-y", "aXb", "1.2", "^", "a$"}

func TestMatch(t *testing.T) {
	for _, p := range []string{
		"", "a", "^a", "a$", "^a$", "web", "^web-[0-9]+$", "^(web|db)[-_][0-9]{1,2}$", "a*b", "a+b", "a?b", "(a|b)*", "^(ab|ba)?$",
		"[^a]", "[]a]", "[a-]", "[^]a]", ".", "^.{3}$", "^.{3,}$", "^.{2,4}$", "^.{0,1}$", `\.`, `1\.2`, `\^`, `\$`, "a|", "()", "(a*)*b", "((a)|(b))+$", "a{2}", "a**",
	} {
		mine, err := Compile(p)
		if err != nil {
			t.Errorf("%s: %v", p, err)
			continue
		}
		oracle, err := regexp.CompilePOSIX(p)
		if err != nil {
			t.Logf("%s: no oracle: %v", p, err)
			continue
		}
		for _, text := range texts {
			if have, want := mine.Match(text), oracle.MatchString(text); have != want {
				t.Errorf("%q in %q: have %v, need %v", p, text, have, want)
			}
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, p := range []string{"(", ")", "a)", "[", "[a", "[^", "[z-a]", "*", "+a", "?", "{2}", "a{", "a{2", "a{x}", "a{3,2}", "a{256}", `a\`, "[[:alpha:]]", strings.Repeat("(", 300), "(((a{255}){255}){255})"} {
		if have, err := Compile(p); err == nil {
			t.Errorf("%q: have %v, need an error", p, have)
		}
	}
}

// TestMatchIsSteady: no pattern makes it go back and forth.
func TestMatchIsSteady(t *testing.T) {
	p, err := Compile("(a*)*(a*)*(a|aa)*$b")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if p.Match(strings.Repeat("a", 5000)) {
		t.Error("have a match")
	}
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("took %s", took)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("^web-[0-9]+$", "web-1")
	f.Add("(a|b){2,3}?", "ab")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		mine, err := Compile(pattern)
		if err != nil || len(text) > 100 || !ascii(pattern) || !ascii(text) || strings.ContainsAny(pattern, `\{`) {
			return
		}
		oracle, err := regexp.CompilePOSIX(pattern)
		if err != nil || strings.Contains(text, "\n") {
			return
		}
		if have, want := mine.Match(text), oracle.MatchString(text); have != want {
			t.Errorf("%q in %q: have %v, need %v", pattern, text, have, want)
		}
	})
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == 0 {
			return false
		}
	}
	return true
}
