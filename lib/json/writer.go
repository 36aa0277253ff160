package json

import "strconv"

// A Writer builds a text value after value and puts the commas. It does not
// watch the grammar: who opens closes. The zero Writer is ready.
type Writer struct{ b []byte }

// Bytes is the text so far; it is the writer's.
func (w *Writer) Bytes() []byte { return w.b }

// Object opens an object, EndObject closes it.
func (w *Writer) Object() { w.next('{') }

// EndObject closes an object.
func (w *Writer) EndObject() { w.b = append(w.b, '}') }

// Array opens an array, EndArray closes it.
func (w *Writer) Array() { w.next('[') }

// EndArray closes an array.
func (w *Writer) EndArray() { w.b = append(w.b, ']') }

// Name begins a member; its value is next.
func (w *Writer) Name(name string) {
	w.next()
	w.b = append(AppendString(w.b, name), ':')
}

// String adds a string.
func (w *Writer) String(s string) {
	w.next()
	w.b = AppendString(w.b, s)
}

// Int adds a whole number.
func (w *Writer) Int(n int64) {
	w.next()
	w.b = strconv.AppendInt(w.b, n, 10)
}

// Uint adds a whole number.
func (w *Writer) Uint(n uint64) {
	w.next()
	w.b = strconv.AppendUint(w.b, n, 10)
}

// Bool adds true or false.
func (w *Writer) Bool(v bool) {
	w.next()
	w.b = strconv.AppendBool(w.b, v)
}

// Null adds null.
func (w *Writer) Null() { w.next([]byte("null")...) }

// Raw adds a value that is JSON already.
func (w *Writer) Raw(text []byte) { w.next(text...) }

// Line ends a line: one value a line needs no comma.
func (w *Writer) Line() { w.b = append(w.b, '\n') }

// next puts the comma that the last byte asks for: every value but an opening
// bracket ends with another byte.
func (w *Writer) next(text ...byte) {
	if n := len(w.b); n > 0 {
		switch w.b[n-1] {
		case '{', '[', ':', '\n':
		default:
			w.b = append(w.b, ',')
		}
	}
	w.b = append(w.b, text...)
}
