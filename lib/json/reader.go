package json

// MaxDepth bounds how deep objects and arrays may be nested.
const MaxDepth = 200

// A Reader takes one JSON text (RFC 8259) apart, by pulling: the caller asks
// for the value it needs, and gets a zero value once something was wrong. Ask
// Err or End at the end. null stands for a zero value of every kind.
//
// It is stricter than encoding/json: names match exactly, text has to be
// UTF-8, and half a surrogate pair is refused. Of a member that stands there
// twice, the last one wins if the caller assigns it.
type Reader struct {
	text  string
	pos   int
	depth int
	err   *Error
	watch func(pointer string)
	path  []string // to the value, kept for watch only
}

// NewReader reads from a copy of text; strings that it returns share the copy.
func NewReader(text []byte) *Reader { return &Reader{text: string(text)} }

// Err is the first thing that was wrong, a *Error, or nil.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// End is Err, and refuses anything after the value.
func (r *Reader) End() error {
	if r.peek(); r.err == nil && r.pos < len(r.text) {
		r.syntax("the end of the text")
	}
	return r.Err()
}

// More tells whether another value follows, for a text of many.
func (r *Reader) More() bool { return r.peek() != 0 || r.pos < len(r.text) }

// peek steps over white space and returns the next byte, 0 at the end.
func (r *Reader) peek() byte {
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// Object calls f with each member's name in turn; f reads the value, or leaves
// it to be skipped. null is an object without members.
func (r *Reader) Object(f func(name string)) {
	if !r.enter('{', "an object") {
		return
	}
	for first := true; r.more('}', first); first = false {
		if r.peek() != '"' {
			r.syntax("a member's name in quotes")
			return
		}
		name := r.quoted()
		if r.err == nil && r.peek() != ':' {
			r.syntax("a colon")
		}
		if r.err != nil {
			return
		}
		r.pos++
		r.peek()
		start := r.pos
		if r.watch != nil {
			r.path = append(r.path, Word(name))
		}
		f(name)
		if r.pos == start {
			r.passOver()
		}
		if r.err != nil {
			r.err.under(name)
			return
		}
		if r.watch != nil {
			r.path = r.path[:len(r.path)-1]
		}
	}
}

// Array calls f with each index in turn; f reads the value, or leaves it to be
// skipped. null is an array without values.
func (r *Reader) Array(f func(index int)) {
	if !r.enter('[', "an array") {
		return
	}
	for i := 0; r.more(']', i == 0); i++ {
		r.peek()
		start := r.pos
		if r.watch != nil {
			r.path = append(r.path, decimal(i))
		}
		f(i)
		if r.pos == start {
			r.passOver()
		}
		if r.err != nil {
			r.err.under(decimal(i))
			return
		}
		if r.watch != nil {
			r.path = r.path[:len(r.path)-1]
		}
	}
}

func (r *Reader) enter(open byte, want string) bool {
	if r.peek() != open {
		r.nullOr(want)
		return false
	}
	if r.depth == MaxDepth {
		r.fail(&Error{Want: "at most " + decimal(MaxDepth) + " levels of nesting", Have: "more", Syntax: true})
		return false
	}
	r.depth++
	r.pos++
	return true
}

// more tells whether another value follows, and takes the comma before it or
// the bracket that closes.
func (r *Reader) more(end byte, first bool) bool {
	c := r.peek()
	switch {
	case c == end:
		r.pos++
		r.depth--
		return false
	case first:
		return true
	case c != ',':
		r.syntax("a comma or " + string(end))
		return false
	}
	r.pos++
	return true
}

// Null takes a null if it is next.
func (r *Reader) Null() bool { return r.peek() == 'n' && r.word("null") }

// Bool reads true or false.
func (r *Reader) Bool() bool {
	switch r.peek() {
	case 't':
		return r.word("true")
	case 'f':
		r.word("false")
		return false
	}
	r.nullOr("true or false")
	return false
}

// word takes a word that stands alone.
func (r *Reader) word(w string) bool {
	end := r.pos + len(w)
	if len(r.text) < end || r.text[r.pos:end] != w {
		r.syntax("a value")
		return false
	}
	r.pos = end
	return true
}

// nullOr takes a null, and says what was wanted in the place of anything else.
func (r *Reader) nullOr(want string) {
	if r.Null() || r.err != nil {
		return
	}
	kind := r.kind()
	if kind == "" {
		r.syntax("a value")
		return
	}
	r.fail(&Error{Want: want, Have: kind})
}
