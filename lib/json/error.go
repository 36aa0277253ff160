package json

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is one place of a text that is not what it has to be.
type Error struct {
	Pointer string // of the value (RFC 6901): "/linux/namespaces/2/type"; "" is the whole text
	Line    int    // from 1
	Column  int    // from 1, in characters
	Want    string // "a string"
	Have    string // "a number"
	Syntax  bool   // the text is no JSON, or deeper than MaxDepth
}

// Error reads "pointer: have …, need … (line 12 column 9)".
func (e *Error) Error() string {
	if e.Pointer == "" {
		return e.Reason()
	}
	return e.Pointer + ": " + e.Reason()
}

// Reason is the sentence without the pointer.
func (e *Error) Reason() string {
	return "have " + e.Have + ", need " + e.Want + " (line " + decimal(e.Line) + " column " + decimal(e.Column) + ")"
}

// Word escapes a member's name for a pointer (RFC 6901 section 3).
func Word(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// under puts the pointer below a name; a reader does so on its way out, so that
// a text without faults pays nothing.
func (e *Error) under(name string) { e.Pointer = "/" + Word(name) + e.Pointer }

// fail keeps the first fault, at the place of reading, and ends the text, so
// that nothing more is read.
func (r *Reader) fail(e *Error) {
	if r.err != nil {
		return
	}
	before := r.text[:r.pos]
	e.Line = 1 + strings.Count(before, "\n")
	e.Column = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	r.err, r.pos = e, len(r.text)
}

func (r *Reader) syntax(want string) { r.fail(&Error{Want: want, Have: r.next(), Syntax: true}) }

// next is the character at the place of reading, for a sentence.
func (r *Reader) next() string {
	if r.pos >= len(r.text) {
		return "the end of the text"
	}
	c, n := utf8.DecodeRuneInString(r.text[r.pos:])
	if c == utf8.RuneError && n == 1 {
		return "the byte 0x" + strconv.FormatUint(uint64(r.text[r.pos]), 16)
	}
	return strconv.QuoteRune(c)
}

// kind is the kind of the next value, "" if none can begin here.
func (r *Reader) kind() string {
	switch c := r.peek(); c {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "true or false"
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return "a number"
		}
		return ""
	}
}

func decimal(n int) string { return strconv.Itoa(n) }
