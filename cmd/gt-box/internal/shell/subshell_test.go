package shell

import (
	"strings"
	"testing"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

func TestFreeze(t *testing.T) {
	s := New("name", Applets{})
	s.params = []string{"a", "", "b c\n"}
	s.status, s.last, s.pid, s.tested = 3, 77, 88, 1
	s.opts.errExit, s.opts.pipeFail = true, true
	s.vars = map[string]expand.Variable{
		"X": {Set: true, Kind: expand.String, Str: "x\ny", Exported: true},
		"R": {Set: true, Kind: expand.String, Str: "", ReadOnly: true},
		"U": {Exported: true},
	}
	s.traps = map[string]string{"TERM": "", "USR1": "echo", "EXIT": "echo"}
	if err := s.define("f() { echo '$x' \"$y\"; cat <<E\nhere\nE\n}"); err != nil {
		t.Fatal(err)
	}
	r := New("sh", Applets{})
	text, err := r.restore(strings.Split(string(s.freeze("echo hi")), "\x00"))
	if err != nil {
		t.Fatal(err)
	}
	if text != "echo hi" || r.name != "name" || r.status != 3 || r.last != 77 || r.pid != 88 || r.tested != 1 ||
		!r.opts.errExit || !r.opts.pipeFail || strings.Join(r.params, "|") != "a||b c\n" {
		t.Errorf("%q %+v", text, r)
	}
	if x := r.vars["X"]; x.Str != "x\ny" || !x.Exported || x.ReadOnly {
		t.Errorf("X: %+v", x)
	}
	if x := r.vars["R"]; !x.ReadOnly || !x.Set {
		t.Errorf("R: %+v", x)
	}
	if x := r.vars["U"]; x.Set || !x.Exported {
		t.Errorf("U: %+v", x)
	}
	if printed(r.funcs["f"]) != printed(s.funcs["f"]) {
		t.Errorf("f: %s", printed(r.funcs["f"]))
	}
	if _, ok := r.traps["TERM"]; !ok || len(r.traps) != 1 {
		t.Errorf("traps: %v", r.traps)
	}
}

// FuzzRestore: a torn state is refused, never run.
func FuzzRestore(f *testing.F) {
	s := New("name", Applets{})
	if err := s.define("f() { echo; }"); err != nil {
		f.Fatal(err)
	}
	f.Add(s.freeze("echo hi"))
	f.Add([]byte("1\x002\x003\x00sh\x00e\x00true\x000\x009999999\x00"))
	f.Add([]byte("1\x002\x003\x00sh\x00\x00true\x000\x00-1\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := New("sh", Applets{})
		if _, err := r.restore(strings.Split(string(data), "\x00")); err == nil && len(data) == 0 {
			t.Error("nothing was taken for a state")
		}
	})
}

// FuzzPrinted: what a subshell is sent means what the script said. A second
// print of it has to give the same text.
func FuzzPrinted(f *testing.F) {
	for _, src := range []string{
		"echo a | b && c || d &", "if a; then b; fi >f 2>&1", "cat <<E | x\n$a\nE\n", "case $x in a) b ;; *) ;; esac",
		"f() ( a; b ) 3>&1", "while ! a; do b & done", "a=$(b `c`) d=\"e $((f + 1))\" g", "for i; do :; done",
		"{ a; cat <<'E'; b; }\n$x\nE\n", "echo $'a\\n' \"`b \\\"c\\\"`\" ${x:-\"}\"}", "[[ a =~ b(c|d) ]]", "\"$`a`\" $`b` \\$`c`",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.ContainsFunc(src, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' && r != '\t' }) {
			return // the printer takes some of these for blanks
		}
		file, err := newParser().Parse(strings.NewReader(src), "")
		if err != nil {
			return
		}
		once := sourceAll(file.Stmts)
		again, err := newParser().Parse(strings.NewReader(once), "")
		if err != nil {
			t.Fatalf("%q became %q: %s", src, once, err)
		}
		if twice := sourceAll(again.Stmts); strings.TrimSpace(twice) != strings.TrimSpace(once) {
			t.Fatalf("%q became %q, then %q", src, once, twice)
		}
	})
}

func TestQuote(t *testing.T) {
	for _, text := range []string{"", "a", "a b", "it's", `\`, "$x", "a\nb", "*"} {
		s := New("sh", Applets{})
		for word, err := range newParser().WordsSeq(strings.NewReader(quote(text))) {
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.fields([]*syntax.Word{word})
			if err != nil || len(got) != 1 || got[0] != text {
				t.Errorf("%q became %q %v", text, got, err)
			}
		}
	}
}
