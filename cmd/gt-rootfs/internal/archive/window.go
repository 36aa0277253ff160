package archive

import (
	"context"
	"encoding/binary"
	"math"
	"runtime/debug"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// The window of a decompressor is most of what an unpack keeps in memory. It
// is never more than the content so far.
const (
	// maxWindow is how much of its own content a stream may refer back to, in
	// bytes: what zstd reads if not told more. xz -9 has half of it.
	maxWindow = 128 << 20
	// lean is the largest with which an unpack takes no more than 64 MB, that of
	// zstd -20 and xz -8. A larger one takes as much more.
	lean = 32 << 20
	// besideOthers is the largest window of which there may be two at once,
	// that of zstd -19 and xz -6.
	besideOthers = 8 << 20
)

// Two streams with small windows are decompressed at once, or one with a large
// one. Who waits is read by somebody, and so is who is waited for: both end.
var (
	seats = make(chan struct{}, 2)
	large = make(chan struct{}, 1) // to take both
)

// A seat is the right to keep a window.
type seat struct {
	stop  <-chan struct{}
	taken int
	more  int64 // than lean, by which the collector's limit was raised
}

func want(n uint64) int {
	if n > besideOthers {
		return cap(seats)
	}
	return 1
}

func (s *seat) has(n uint64) bool { return s.taken >= want(n) && s.more >= int64(n)-lean }

// take waits until a window of n bytes may be kept. Who had a smaller one has
// given it up.
func (s *seat) take(n uint64) error {
	if s.has(n) {
		return nil
	}
	s.leave()
	if want(n) > 1 {
		select {
		case large <- struct{}{}:
			defer func() { <-large }()
		case <-s.stop:
			return context.Canceled
		}
	}
	for s.taken < want(n) {
		select {
		case seats <- struct{}{}:
			s.taken++
		case <-s.stop:
			return context.Canceled
		}
	}
	if want(n) > 1 {
		debug.FreeOSMemory() // of the windows that were
	}
	s.raise(max(int64(n)-lean, 0))
	return nil
}

// raise has the collector put up with more, if it has a limit. Who changes it has
// all seats.
func (s *seat) raise(more int64) {
	if more == s.more {
		return
	}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64-maxWindow {
		debug.SetMemoryLimit(limit + more - s.more)
	}
	s.more = more
}

func (s *seat) leave() {
	s.raise(0)
	if s.taken > 1 {
		debug.FreeOSMemory()
	}
	for ; s.taken > 0; s.taken-- {
		<-seats
	}
}

func tooFar(format Format, what string, n uint64) error {
	return fail.New(fail.CodeLimit, "the %s stream has a %s of %d MiB, need at most %d MiB", format, what, n>>20, maxWindow>>20)
}

// dictionary is the size of the dictionary that the first block of an xz stream
// declares; 0 if none is seen (The .xz File Format 1.2.1, sections 3.1 and
// 5.3.1).
func dictionary(head []byte) uint64 {
	const streamHeader, lzma2 = 12, 0x21
	if len(head) < streamHeader+2 {
		return 0
	}
	flags, rest := head[streamHeader+1], head[streamHeader+2:]
	next := func() uint64 {
		v, n := binary.Uvarint(rest)
		rest = rest[max(n, 0):]
		return v
	}
	for _, size := range []byte{0x40, 0x80} { // of the block, packed and plain
		if flags&size != 0 {
			next()
		}
	}
	for range flags&3 + 1 {
		id, n := next(), next()
		if n == 0 || n > uint64(len(rest)) {
			return 0
		}
		if bits := rest[0]; id == lzma2 && bits < 40 {
			return uint64(2|bits&1) << (bits/2 + 11)
		} else if id == lzma2 {
			return 4<<30 - 1
		}
		rest = rest[n:]
	}
	return 0
}
