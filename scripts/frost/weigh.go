package main

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// weigh returns how long CRIU says that the container stood still, and how
// large the images are.
func weigh(dir string) (frozen time.Duration, size int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		if d.Name() != "stats-dump" {
			return nil
		}
		frozen, err = frozenTime(path)
		return err
	})
	return frozen, size, err
}

// frozenTime reads CRIU's statistics: two magic numbers and a length of four
// bytes each, then a message that has another one as field 1, whose field 2 it
// is, in microseconds.
func frozenTime(path string) (time.Duration, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	broken := fmt.Errorf("%s: have no statistics of a dump", path)
	if len(b) < 14 || b[12] != 0x0a {
		return 0, broken
	}
	_, n := binary.Uvarint(b[13:])
	if n <= 0 {
		return 0, broken
	}
	for b = b[13+n:]; len(b) > 0; {
		field := b[0]
		value, n := binary.Uvarint(b[1:])
		if n <= 0 || field&7 != 0 {
			return 0, broken
		}
		if field>>3 == 2 {
			return time.Duration(value) * time.Microsecond, nil
		}
		b = b[1+n:]
	}
	return 0, broken
}
