package words

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"":                          nil,
		"  ":                        nil,
		"/bin/sh":                   {"/bin/sh"},
		"nginx -g 'daemon off;'":    {"nginx", "-g", "daemon off;"},
		`a "b c"d'e f'`:             {"a", "b cde f"},
		`'' ""`:                     {"", ""},
		`a\ b \'c\"`:                {"a b", `'c"`},
		`"a\"b\\c\n"`:               {`a"b\c\n`},
		`'a\b'`:                     {`a\b`},
		"a\tb\nc":                   {"a", "b", "c"},
		"a\\\nb \"c\\\nd\"":         {"ab", "cd"},
		"echo $HOME | wc; `x` # y":  {"echo", "$HOME", "|", "wc;", "`x`", "#", "y"},
		"sh -c 'echo \"it'\\''s\"'": {"sh", "-c", `echo "it's"`},
	} {
		got, err := Split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: have %q, %v, need %q", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		"a 'b":  "quote ' is not closed",
		`a "b'`: `quote " is not closed`,
		`a\`:    "nothing follows the last backslash",
		`"a\`:   `quote " is not closed`,
	} {
		if got, err := Split(line); err == nil || err.Error() != want {
			t.Errorf("%q: have %q, %v, need %s", line, got, err, want)
		}
	}
}

// Words that the shell's own quoting made come back as they were.
func FuzzSplit(f *testing.F) {
	f.Add("it's", `a "b"`)
	f.Add("", "\\\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
		got, err := Split(quote(a) + " " + quote(b))
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("have %q, %v, need %q %q", got, err, a, b)
		}
		_, _ = Split(a)
	})
}

func TestSplitAsShell(t *testing.T) {
	for _, line := range []string{`a "b c"d'e f' g\ h`, `"a\qb" 'x' "" y''z`, `"a\\b\"c"`} {
		out, err := exec.Command("sh", "-c", `printf '%s\n' `+line).Output()
		if err != nil {
			t.Skip("need sh")
		}
		got, err := Split(line)
		if want := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: have %q, %v, the shell has %q", line, got, err, want)
		}
	}
}
