package json

import (
	std "encoding/json"
	"strings"
	"testing"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a\"b\\c", "\x00\x1f\n\t\r", "<&>é\u2028😀", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var have map[string]string
		if err := std.Unmarshal(AppendStrings(nil, map[string]string{"k": s, "": s}), &have); err != nil {
			t.Fatal(err)
		}
		if want := strings.Clone(string([]rune(s))); have["k"] != want || have[""] != want {
			t.Errorf("have %q, need %q", have, want)
		}
	})
}
