package applet

import (
	"fmt"
	"strconv"
	"strings"
)

// unescape replaces backslash sequences. In echo and %b, octal numbers start
// with a 0; stop tells that \c ended the output.
func unescape(s string, zero bool) (text string, stop bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if at := strings.IndexByte("abefnrtv\\", s[i]); at >= 0 {
			b.WriteByte("\a\b\x1b\f\n\r\t\v\\"[at])
			continue
		}
		switch c := s[i]; {
		case c == 'c' && zero:
			return b.String(), true
		case c == 'x':
			n, used := digits(s[i+1:], 2, 16)
			if used == 0 {
				b.WriteString("\\x")
				continue
			}
			b.WriteByte(n)
			i += used
		case c >= '0' && c <= '7':
			if zero && c == '0' {
				i++
			}
			n, used := digits(s[i:], 3, 8)
			b.WriteByte(n)
			i += used - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), false
}

// digits reads at most limit digits of a base.
func digits(s string, limit, base int) (value byte, used int) {
	for used < limit && used < len(s) {
		d, err := strconv.ParseUint(s[used:used+1], base, 8)
		if err != nil {
			break
		}
		value = value*byte(base) + byte(d)
		used++
	}
	return value, used
}

type formatter struct {
	b         strings.Builder
	args      []string
	complaint string
	stop      bool
}

// format is printf: the format is used again as long as arguments are left.
func format(args []string) (text, complaint string, status int) {
	if len(args) > 1 && args[1] == "--" {
		args = append(args[:1:1], args[2:]...)
	}
	if len(args) < 2 {
		return "", "printf: need a format", 2
	}
	f := &formatter{args: args[2:]}
	for {
		left := len(f.args)
		f.pass(args[1])
		if f.stop || len(f.args) == 0 || len(f.args) == left {
			break
		}
	}
	if f.complaint != "" {
		status = 1
	}
	return f.b.String(), f.complaint, status
}

func (f *formatter) next() string {
	if len(f.args) == 0 {
		return ""
	}
	a := f.args[0]
	f.args = f.args[1:]
	return a
}

// pass formats once.
func (f *formatter) pass(spec string) {
	for i := 0; i < len(spec) && !f.stop; {
		end := strings.IndexByte(spec[i:], '%')
		if end < 0 {
			end = len(spec) - i
		}
		plain, _ := unescape(spec[i:i+end], false)
		f.b.WriteString(plain)
		i += end
		if i >= len(spec) {
			return
		}
		j := i + 1
		for j < len(spec) && strings.IndexByte("-+ #0123456789.*", spec[j]) >= 0 {
			j++
		}
		if j == len(spec) {
			f.complaint, f.stop = "printf: "+spec[i:]+": need a conversion", true
			return
		}
		f.convert(spec[i:j], spec[j])
		i = j + 1
	}
}

// convert prints one argument; flags is everything before the verb.
func (f *formatter) convert(flags string, verb byte) {
	for strings.Contains(flags, "*") {
		flags = strings.Replace(flags, "*", strconv.FormatInt(f.number(f.next()), 10), 1)
	}
	switch verb {
	case '%':
		f.b.WriteByte('%')
	case 's':
		fmt.Fprintf(&f.b, flags+"s", f.next())
	case 'b':
		text, stop := unescape(f.next(), true)
		fmt.Fprintf(&f.b, flags+"s", text)
		f.stop = stop
	case 'c':
		if a := f.next(); a != "" {
			fmt.Fprintf(&f.b, flags+"s", a[:1])
		}
	case 'd', 'i':
		fmt.Fprintf(&f.b, flags+"d", f.number(f.next()))
	case 'u':
		fmt.Fprintf(&f.b, flags+"d", uint64(f.number(f.next())))
	case 'x', 'X', 'o':
		fmt.Fprintf(&f.b, flags+string(verb), uint64(f.number(f.next())))
	case 'e', 'f', 'g', 'E', 'G':
		v, err := strconv.ParseFloat(f.orZero(f.next()), 64)
		if err != nil {
			f.complaint = "printf: need a number"
		}
		fmt.Fprintf(&f.b, flags+string(verb), v)
	default:
		f.complaint, f.stop = "printf: no such conversion: %"+string(verb), true
	}
}

func (f *formatter) orZero(a string) string {
	if a == "" {
		return "0"
	}
	return a
}

// number reads an integer as C does, or 'c for a character.
func (f *formatter) number(a string) int64 {
	if len(a) > 1 && (a[0] == '\'' || a[0] == '"') {
		return int64(a[1])
	}
	v, err := strconv.ParseInt(f.orZero(strings.TrimSpace(a)), 0, 64)
	if err != nil {
		f.complaint = "printf: " + a + ": need a number"
	}
	return v
}
