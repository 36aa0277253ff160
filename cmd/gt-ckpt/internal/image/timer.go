package image

import (
	"os"
	"path/filepath"
)

// A periodic timerfd that has expired and was not read has no time left by what
// the kernel shows (fdinfo), and CRIU, which sets it to that, leaves it unarmed:
// it would never expire again (criu issue 3162).

// The numbers of CRIU's images/fdinfo.proto and timerfd.proto.
const (
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
