package plan

import "unsafe"

// Room is how much memory the steps of a plan of so many bytes take at most:
// the shortest step is three bytes, a string or a number in a list one.
func Room(length int) int {
	return (length/3+1)*int(unsafe.Sizeof(Step{})) + length*int(unsafe.Sizeof(""))
}

func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// take cuts n things of a size off the room; nil if there is not enough. All
// sizes are multiples of eight, so the next things are aligned too.
func (r *reader) take(n int, size uintptr) unsafe.Pointer {
	if bytes := n * int(size); bytes <= len(r.room) {
		p := unsafe.Pointer(unsafe.SliceData(r.room))
		r.room = r.room[bytes:]
		return p
	}
	r.fail()
	return nil
}

func (r *reader) steps(n int) []Step {
	if p := r.take(n, unsafe.Sizeof(Step{})); p != nil {
		return unsafe.Slice((*Step)(p), n)
	}
	return nil
}

func (r *reader) strings(n int) []string {
	if p := r.take(n, unsafe.Sizeof("")); p != nil {
		return unsafe.Slice((*string)(p), n)
	}
	return nil
}

func (r *reader) numbers(n int) []uint64 {
	if p := r.take(n, 8); p != nil {
		return unsafe.Slice((*uint64)(p), n)
	}
	return nil
}
