package logs

import "unsafe"

// borrow is text as a string, for as long as text does not change: a copy of each
// line would be most of a monitor's garbage.
func borrow(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
