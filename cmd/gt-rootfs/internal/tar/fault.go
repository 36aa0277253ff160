package tar

import (
	"fmt"
	"strconv"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// broken is an entry that says something impossible.
func broken(name, format string, args ...any) error {
	return &fail.Error{Code: fail.CodeInput, Op: Show(name), Cause: fmt.Errorf(format, args...)}
}

func errNumber(s string) error {
	if len(s) > 32 {
		s = s[:32]
	}
	return fmt.Errorf("%q is no number", s)
}

// Show is a name as it may be printed: quoted if it holds anything that could
// move a cursor or end a line.
func Show(name string) string {
	if name == "" {
		return `""`
	}
	if len(name) > 300 {
		name = name[:300] + "…"
	}
	if q := strconv.Quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}
