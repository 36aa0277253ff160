package json

import "strings"

// Watch makes the reader call f with the pointer of each value that it skips
// because nobody read it; not with those below.
func (r *Reader) Watch(f func(pointer string)) { r.watch = f }

// passOver skips a value that nobody read.
func (r *Reader) passOver() {
	watch := r.watch
	if watch != nil {
		watch("/" + strings.Join(r.path, "/"))
	}
	r.watch = nil
	r.Skip()
	r.watch = watch
}
