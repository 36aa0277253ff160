package json

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String reads a string.
func (r *Reader) String() string {
	if r.peek() != '"' {
		r.nullOr("a string")
		return ""
	}
	return r.quoted()
}

// quoted reads the string whose quote is next. Without escapes it is a piece of
// the text and costs no memory.
func (r *Reader) quoted() string {
	r.pos++
	start, plain := r.pos, true
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			return r.close(start, i, plain)
		case c == '\\':
			return r.escaped(start, i)
		case c < ' ':
			r.pos = i
			r.fail(&Error{Want: "it escaped in a string", Have: r.next(), Syntax: true})
			return ""
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.pos = len(r.text)
	r.syntax("the closing quote")
	return ""
}

func (r *Reader) close(start, end int, plain bool) string {
	s := r.text[start:end]
	if !plain && !utf8.ValidString(s) {
		r.pos = start + valid(s)
		r.syntax("UTF-8")
		return ""
	}
	r.pos = end + 1
	return s
}

// valid is how many bytes of s come before the first that is no UTF-8.
func valid(s string) int {
	for i, c := range s {
		if c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return len(s)
}

// escaped reads a string from start on whose first backslash is at i.
func (r *Reader) escaped(start, i int) string {
	var b []byte
	for from := start; ; {
		for i < len(r.text) && r.text[i] != '"' && r.text[i] != '\\' && r.text[i] >= ' ' {
			i++
		}
		piece := r.text[from:i]
		if !utf8.ValidString(piece) {
			r.pos = from + valid(piece)
			r.syntax("UTF-8")
			return ""
		}
		b = append(b, piece...)
		r.pos = i
		switch {
		case i == len(r.text):
			r.syntax("the closing quote")
			return ""
		case r.text[i] < ' ':
			r.fail(&Error{Want: "it escaped in a string", Have: r.next(), Syntax: true})
			return ""
		case r.text[i] == '"':
			r.pos++
			return string(b)
		}
		if b = r.escape(b); r.err != nil {
			return ""
		}
		from, i = r.pos, r.pos
	}
}

// escape appends what the escape at the place of reading stands for.
func (r *Reader) escape(b []byte) []byte {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if r.pos+1 < len(r.text) {
		c := r.text[r.pos+1]
		if k := strings.IndexByte(from, c); k >= 0 {
			r.pos += 2
			return append(b, to[k])
		}
		if c == 'u' {
			return r.unicode(b)
		}
	}
	r.pos = min(r.pos+1, len(r.text))
	r.syntax(`one of "\/bfnrtu after the backslash`)
	return b
}

func (r *Reader) unicode(b []byte) []byte {
	c, ok := r.hex(r.pos)
	if !ok {
		r.fail(&Error{Want: `four hexadecimal digits after \u`, Have: "something else", Syntax: true})
		return b
	}
	if !utf16.IsSurrogate(c) {
		r.pos += 6
		return utf8.AppendRune(b, c)
	}
	low, _ := r.hex(r.pos + 6)
	whole := utf16.DecodeRune(c, low)
	if whole == utf8.RuneError {
		r.fail(&Error{Want: "both halves", Have: "half a surrogate pair", Syntax: true})
		return b
	}
	r.pos += 12
	return utf8.AppendRune(b, whole)
}

// hex is the number of the \uXXXX at i.
func (r *Reader) hex(i int) (c rune, ok bool) {
	if len(r.text) < i+6 || r.text[i] != '\\' || r.text[i+1] != 'u' {
		return 0, false
	}
	for _, d := range []byte(r.text[i+2 : i+6]) {
		switch {
		case '0' <= d && d <= '9':
			c = c<<4 | rune(d-'0')
		case 'a' <= d|0x20 && d|0x20 <= 'f':
			c = c<<4 | rune(d|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return c, true
}
