package archive

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// A mark is the end of a part that has a checksum of its own.
type mark struct {
	at   int64  // in the plain content
	sum  uint32 // what XXH64 of the part has to end with
	none bool   // the part has none
}

// marked is a decompressor that leaves the checksums to whoever reads: the
// decompression is what all else waits for, and there is another processor.
type marked interface{ take() []mark }

// zframes reads one zstd frame after the other (RFC 8878, section 3.1).
type zframes struct {
	z     *zstd.Decoder
	seat  *seat
	frame frame
	open  bool
	at    int64
	marks []mark
}

func newZframes(src io.Reader, s *seat) *zframes {
	// A small buffer: most of each block is read to where it is decoded from.
	return &zframes{seat: s, frame: frame{src: bufio.NewReaderSize(src, 4<<10)}}
}

// renew makes a decoder, which has no window yet.
func (f *zframes) renew() (err error) {
	// One decoding goroutine: several share the work at half as much again.
	f.z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(false),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.IgnoreChecksum(true))
	return err
}

func (f *zframes) close() {
	if f.z != nil {
		f.z.Close()
		f.z = nil
	}
}

func (f *zframes) take() []mark {
	m := f.marks
	f.marks = nil
	return m
}

func (f *zframes) Read(p []byte) (int, error) {
	for {
		if !f.open {
			if _, err := f.frame.src.Peek(1); err != nil {
				return 0, err
			}
			if err := f.next(); err != nil {
				return 0, err
			}
			f.open = true
		}
		n, err := f.z.Read(p)
		f.at += int64(n)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		f.open = false
		f.marks = append(f.marks, mark{f.at, f.frame.sum, !f.frame.summed})
		if n > 0 {
			return n, nil
		}
	}
}

// next begins a frame, once there is room for its window.
func (f *zframes) next() error {
	if err := f.frame.begin(); err != nil {
		return err
	}
	w := f.frame.window
	if w > maxWindow {
		return tooFar(Zstd, "window", w)
	}
	if n := min(w, f.frame.content); f.z == nil || !f.seat.has(n) {
		f.close()
		if err := f.seat.take(n); err != nil {
			return err
		}
		if err := f.renew(); err != nil {
			return err
		}
	}
	return f.z.Reset(&f.frame)
}

// unknown is the content of a frame that does not say how much it is.
const unknown = 1<<64 - 1

// frame passes one frame on, and looks at its checksum on the way.
type frame struct {
	src     *bufio.Reader
	next    func() error
	left    int // bytes until there is something to look at
	window  uint64
	content uint64
	summed  bool
	sum     uint32
}

// begin looks at the header of the next frame.
func (f *frame) begin() error {
	f.summed, f.sum, f.window, f.content = false, 0, 0, unknown
	return f.header()
}

func (f *frame) Read(p []byte) (int, error) {
	for f.left == 0 {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n, err := f.src.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

func (f *frame) end() error { return io.EOF }

// rest leaves what cannot be understood to the decoder, which has a word for it.
func (f *frame) rest(b []byte) error {
	f.left, f.next = len(b), f.end
	if len(b) == 0 {
		return io.EOF
	}
	return nil
}

func (f *frame) header() error {
	b, err := f.src.Peek(zstd.HeaderMaxSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var h zstd.Header
	switch {
	case h.Decode(b) != nil:
		return f.rest(b)
	case h.Skippable:
		f.left, f.next = h.HeaderSize+int(h.SkippableSize), f.end
	default:
		f.left, f.next, f.summed, f.window = h.HeaderSize, f.block, h.HasCheckSum, h.WindowSize
		if h.HasFCS {
			f.content = h.FrameContentSize
		}
		if h.SingleSegment {
			f.window = f.content
		}
	}
	return nil
}

func (f *frame) block() error {
	b, err := f.src.Peek(3)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return f.rest(b)
		}
		return err
	}
	h := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	f.left = 3 + h>>3
	if h>>1&3 == 1 { // one byte, repeated
		f.left = 3 + 1
	}
	if h&1 == 0 {
		return nil
	}
	if f.next = f.end; f.summed {
		f.next = f.check
	}
	return nil
}

func (f *frame) check() error {
	b, err := f.src.Peek(4)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return f.rest(b)
		}
		return err
	}
	f.sum = uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	f.left, f.next = 4, f.end
	return nil
}
