package path_test

import (
	"testing"

	"github.com/gophertainer/gophertainer/lib/path"
)

func TestUnmangle(t *testing.T) {
	for mangled, want := range map[string]string{
		"":                    "",
		"/a":                  "/a",
		`/a\040b\011c\012d`:   "/a b\tc\nd",
		`/back\134040`:        `/back\040`,
		`/hash\043`:           "/hash#",
		`\040`:                " ",
		`/short\04`:           `/short\04`,
		`/not\08x\400\777`:    `/not\08x\400\777`,
		`/no digits\abc`:      `/no digits\abc`,
		"/umlaut ä\\040\\303": "/umlaut ä \xc3",
	} {
		if got := path.Unmangle(mangled); got != want {
			t.Errorf("%q: have %q, want %q", mangled, got, want)
		}
	}
}
