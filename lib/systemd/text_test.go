package systemd

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`true`:                        "b true",
		` 'a \'b\\' `:                 `s a 'b\`,
		`"x"`:                         "s x",
		`5`:                           "i 5",
		`-5`:                          "i -5",
		`0x10`:                        "i 16",
		`uint64 18446744073709551615`: "t 18446744073709551615",
		`byte 7`:                      "y 7",
		`1.5`:                         "d 1.5",
		`double 2`:                    "d 2",
		`objectpath '/a'`:             "o /a",
		`['a', 'b']`:                  "as [{s a} {s b}]",
		`@as []`:                      "as []",
		`@at [1, 2]`:                  "at [{t 1} {t 2}]",
		`[uint32 1, 2]`:               "au [{u 1} {u 2}]",
		`('a', uint64 5)`:             "(st) [{s a} {t 5}]",
		`[('a', uint64 5)]`:           "a(st) [{(st) [{s a} {t 5}]}]",
		`@a(ss) [('a', 'b')]`:         "a(ss) [{(ss) [{s a} {s b}]}]",
		`<'a'>`:                       "v {s a}",
		`(true,)`:                     "(b) [{b true}]",
	} {
		v, err := Parse(text)
		if have := fmt.Sprint(v.Sig, " ", v.Data); err != nil || have != want {
			t.Errorf("%s: have %s %v, need %s", text, have, err, want)
		}
	}
	for _, text := range []string{
		"", "x", "'a", "[", "[]", "['a', 5]", "()", "(", "1 2", "byte 256", "uint32 -1", "@", "@as", "@zz 1", "@a 1", "@( 1", "<", "<1",
		"uint64 'a'", "{'a': 1}", "'\\q'", "@s 5", "9999999999", "@(ss) ('a')", "[1, ]", strings.Repeat("[", 100) + strings.Repeat("]", 100),
		strings.Repeat("<", 100) + "1" + strings.Repeat(">", 100), "boolean 1", "'a\x00b'",
	} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%q: have %v, need a refusal", text, v)
		}
	}
}

func TestAnnotated(t *testing.T) {
	for key, want := range map[[2]string]string{
		{"TimeoutStopUSec", "uint64 7"}:  "{TimeoutStopUSec {t 7}}",
		{"TimeoutStopSec", "7"}:          "{TimeoutStopUSec {t 7000000}}",
		{"TimeoutStopSec", "double 1.5"}: "{TimeoutStopUSec {t 1500000}}",
		{"CollectMode", "'inactive'"}:    "{CollectMode {s inactive}}",
	} {
		p, err := Annotated(Prefix+key[0], key[1])
		if have := fmt.Sprint(p); err != nil || have != want {
			t.Errorf("%s: have %s %v, need %s", key, have, err, want)
		}
	}
	for _, key := range [][2]string{
		{"", "1"},
		{"A", "1"},
		{"after", "1"},
		{"A-b", "1"},
		{"A.B", "1"},
		{"TimeoutStopSec", "-1"},
		{"TimeoutStopSec", "'1'"},
		{"TimeoutStopSec", "uint64 18446744073709551615"},
		{"After", "["},
	} {
		if p, err := Annotated(Prefix+key[0], key[1]); err == nil {
			t.Errorf("%s: have %v, need a refusal", key, p)
		}
	}
}

func TestSlicePath(t *testing.T) {
	for slice, want := range map[string]string{
		"-.slice": "/", "a.slice": "/a.slice", "a-b-c.slice": "/a.slice/a-b.slice/a-b-c.slice", "kubepods-besteffort.slice": "/kubepods.slice/kubepods-besteffort.slice",
	} {
		if have, err := SlicePath(slice); have != want || err != nil {
			t.Errorf("%s: have %s %v, need %s", slice, have, err, want)
		}
	}
	for _, slice := range []string{"", "a", ".slice", "a--b.slice", "-a.slice", "a-.slice", "a/b.slice", "../a.slice", "a.scope"} {
		if have, err := SlicePath(slice); err == nil {
			t.Errorf("%s: have %s, need a refusal", slice, have)
		}
	}
	if have := Escape("a/b c+é"); have != `a\x2fb\x20c\x2b\xc3\xa9` {
		t.Errorf("have %s", have)
	}
}

// FuzzParse: what is read can be written, and no text breaks the reader.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"['a', 'b']", "@a(st) [('a', 5)]", "<uint64 5>", "double 1e9", "(true,)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		if !known(v.Sig) || len(v.Sig) > 255 && !strings.HasPrefix(v.Sig, "a") {
			t.Skip()
		}
		(&call{path: "/", member: "x", args: []Value{variant(v)}}).encode(1)
	})
}
