package json

// Skip steps over one value, which has to be JSON all the same.
func (r *Reader) Skip() {
	switch r.kind() {
	case "a string":
		r.quoted()
	case "an object":
		r.Object(func(string) {})
	case "an array":
		r.Array(func(int) {})
	case "true or false":
		r.Bool()
	case "a number":
		r.number()
	default:
		if !r.Null() {
			r.syntax("a value")
		}
	}
}

// Raw steps over one value and returns its text; the caller owns it.
func (r *Reader) Raw() []byte {
	r.peek()
	start := r.pos
	r.Skip()
	if r.err != nil {
		return nil
	}
	return []byte(r.text[start:r.pos])
}
