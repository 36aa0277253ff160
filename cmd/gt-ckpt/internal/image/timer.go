package image

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A periodic timerfd that has expired and was not read has no time left by what
// the kernel shows (fdinfo), and CRIU, which sets it to that, leaves it unarmed:
// it would never expire again (criu issue 3162).

// The numbers of CRIU's images/fdinfo.proto and timerfd.proto.
const (
	imageHead  = 8  // two magic numbers
	fieldTimer = 12 // of a file_entry
	fieldSec   = 7  // of a timerfd_entry: the time left
	fieldNsec  = 8
	fieldEvery = 9 // its period
	fieldNth   = 10
)

// WindTimers gives those timers in the images a nanosecond, in place.
func WindTimers(images string) error {
	path := filepath.Join(images, "files.img")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed := false
	err = messages(b, func(m []byte) error {
		did, err := wind(m)
		changed = changed || did
		return err
	})
	if err != nil {
		return malformed(path)
	}
	if !changed {
		return nil
	}
	return os.WriteFile(path, b, 0o600)
}

func malformed(path string) error {
	return fail.New(fail.CodeHost, "%s is no image as CRIU 4 writes them", path)
}

// wind changes one file_entry, and tells whether it did.
func wind(entry []byte) (did bool, err error) {
	list, err := parse(entry)
	if err != nil {
		return false, err
	}
	timer, ok := list[fieldTimer]
	if !ok {
		return false, nil
	}
	if list, err = parse(timer.bytes); err != nil {
		return false, err
	}
	left, ok := list[fieldNsec]
	if !ok || left.n+list[fieldSec].n != 0 || list[fieldEvery].n+list[fieldNth].n == 0 {
		return false, nil
	}
	left.bytes[0] = 1 // where the zero is, a varint of one byte
	return true, nil
}

// A field of a message of protobuf; bytes are its own place in the message.
type field struct {
	n     uint64
	bytes []byte
}

// parse reads a message whose fields come once, or of which the last counts.
func parse(b []byte) (map[int]field, error) {
	list := map[int]field{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errMessage
		}
		b = b[n:]
		var f field
		switch key & 7 {
		case 0:
			if f.n, n = binary.Uvarint(b); n <= 0 {
				return nil, errMessage
			}
			f.bytes = b[:n]
		case 1:
			n = 8
		case 2:
			size, head := binary.Uvarint(b)
			if head <= 0 || size > uint64(len(b)-head) {
				return nil, errMessage
			}
			n = head + int(size)
			f.bytes = b[head:n]
		case 5:
			n = 4
		default:
			return nil, errMessage
		}
		if n > len(b) {
			return nil, errMessage
		}
		list[int(key>>3)] = f
		b = b[n:]
	}
	return list, nil
}

var errMessage = errors.New("no message of protobuf")
