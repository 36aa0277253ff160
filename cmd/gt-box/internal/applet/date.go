package applet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// date [-u] [-d @seconds] [+format]
func date(args []string) int {
	f, rest, err := options(args, "ud:I")
	if err != nil {
		return misuse(args, "%s", err)
	}
	now := time.Now()
	if f.has('d') {
		sec, err := strconv.ParseInt(strings.TrimPrefix(f.value('d', ""), "@"), 10, 64)
		if err != nil {
			return misuse(args, "%s: need @seconds", f.value('d', ""))
		}
		now = time.Unix(sec, 0)
	}
	if f.has('u') {
		now = now.UTC()
	}
	format := "%a %b %e %H:%M:%S %Z %Y"
	if f.has('I') {
		format = "%F"
	}
	if len(rest) > 0 {
		if !strings.HasPrefix(rest[0], "+") {
			return misuse(args, "%s: need +format", rest[0])
		}
		format = rest[0][1:]
	}
	fmt.Fprintln(out, strftime(format, now))
	return 0
}

func strftime(format string, t time.Time) string {
	layouts := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'j': "002",
		'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'Z': "MST", 'z': "-0700",
		'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'c': "Mon Jan _2 15:04:05 2006",
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch c := format[i]; c {
		case '%':
			b.WriteByte('%')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 's':
			b.WriteString(strconv.FormatInt(t.Unix(), 10))
		case 'N':
			fmt.Fprintf(&b, "%09d", t.Nanosecond())
		default:
			if l := layouts[c]; l != "" {
				b.WriteString(t.Format(l))
			} else {
				b.WriteString("%" + string(c))
			}
		}
	}
	return b.String()
}
