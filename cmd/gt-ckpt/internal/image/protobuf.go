package image

import (
	"encoding/binary"
	"errors"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// imageHead is how long the two magic numbers of an image are.
const imageHead = 8

// messages calls do with each message of an image.
func messages(b []byte, do func(m []byte) error) error {
	if len(b) < imageHead {
		return errMessage
	}
	for b = b[imageHead:]; len(b) > 0; {
		if len(b) < 4 {
			return errMessage
		}
		n := binary.LittleEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			return errMessage
		}
		if err := do(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func malformed(path string) error {
	return fail.New(fail.CodeHost, "%s is no image as CRIU 4 writes them", path)
}

var errMessage = errors.New("no message of protobuf")

// A field of a message of protobuf; bytes are its own place in the message.
type field struct {
	n     uint64
	bytes []byte
}

// parse reads a message whose fields come once, or of which the last counts.
func parse(b []byte) (map[int]field, error) {
	list := map[int]field{}
	err := fields(b, func(number int, f field, _ []byte) { list[number] = f })
	return list, err
}

// fields calls do with each field of a message; whole is its key and its value.
func fields(b []byte, do func(number int, f field, whole []byte)) error {
	for len(b) > 0 {
		key, head := binary.Uvarint(b)
		if head <= 0 {
			return errMessage
		}
		var f field
		n := 0
		switch rest := b[head:]; key & 7 {
		case 0:
			if f.n, n = binary.Uvarint(rest); n <= 0 {
				return errMessage
			}
			f.bytes = rest[:n]
		case 1:
			n = 8
		case 2:
			size, length := binary.Uvarint(rest)
			if length <= 0 || size > uint64(len(rest)-length) {
				return errMessage
			}
			n = length + int(size)
			f.bytes = rest[length:n]
		case 5:
			n = 4
		default:
			return errMessage
		}
		if n += head; n > len(b) {
			return errMessage
		}
		do(int(key>>3), f, b[:n])
		b = b[n:]
	}
	return nil
}
