package applet

import (
	"fmt"
	"strings"
)

// flags are the options given to an applet; the value of one without a value
// is "".
type flags map[byte][]string

func (f flags) has(c byte) bool { return f[c] != nil }

// value is the last value of an option, or otherwise.
func (f flags) value(c byte, otherwise string) string {
	if v := f[c]; v != nil {
		return v[len(v)-1]
	}
	return otherwise
}

// options reads short options as getopt does: spec is "ab:" for -a and -b
// value. A leading "+" in spec stops at the first operand; otherwise options
// may stand anywhere before "--".
func options(args []string, spec string) (flags, []string, error) {
	spec, inOrder := strings.CutPrefix(spec, "+")
	f := flags{}
	var rest []string
	for i := 1; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return f, append(rest, args[i+1:]...), nil
		}
		if len(a) < 2 || a[0] != '-' {
			if inOrder {
				return f, args[i:], nil
			}
			rest = append(rest, a)
			continue
		}
		for j := 1; j < len(a); j++ {
			at := strings.IndexByte(spec, a[j])
			if at < 0 || a[j] == ':' {
				return nil, nil, fmt.Errorf("no such option: -%c", a[j])
			}
			if at+1 == len(spec) || spec[at+1] != ':' {
				f[a[j]] = append(f[a[j]], "")
				continue
			}
			value := a[j+1:]
			if value == "" {
				if i++; i >= len(args) {
					return nil, nil, fmt.Errorf("-%c needs a value", a[j])
				}
				value = args[i]
			}
			f[a[j]] = append(f[a[j]], value)
			break
		}
	}
	return f, rest, nil
}
