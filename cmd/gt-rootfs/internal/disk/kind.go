// Package disk finds file systems in a file or block device: by itself, or in a
// partition of an MBR or GPT. Numbers of the image are bounded by its size
// before they are used.
//
// Sources: UEFI Specification 2.10, chapter 5 ("GUID Partition Table Disk
// Layout"); the super blocks in Linux: fs/ext4/ext4.h, fs/xfs/libxfs/
// xfs_format.h, fs/btrfs/ctree.h, fs/squashfs/squashfs_fs.h, fs/erofs/
// erofs_fs.h.
package disk

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// signs tell file systems that can be a root.
var signs = []struct {
	at    int64
	magic string
	kind  string
	label int64 // where the label is, 0 if there is none
	size  int
}{
	{0x438, "\x53\xef", "ext4", 0x478, 16},
	{0, "XFSB", "xfs", 0x6c, 12},
	{0x10040, "_BHRfS_M", "btrfs", 0x1012b, 256},
	{0, "hsqs", "squashfs", 0, 0},
	{1024, "\xe2\xe1\xf5\xe0", "erofs", 1024 + 64, 16},
}

// Kind names the file system at offset, "" if there is none we know.
func Kind(r io.ReaderAt, offset int64) (kind, label string) {
	for _, s := range signs {
		if have, err := read(r, offset+s.at, len(s.magic)); err != nil || string(have) != s.magic {
			continue
		}
		if s.size > 0 {
			if b, err := read(r, offset+s.label, s.size); err == nil {
				b, _, _ = bytes.Cut(b, []byte{0})
				label = strings.TrimRight(string(b), " ")
			}
		}
		return s.kind, label
	}
	return "", ""
}

func read(r io.ReaderAt, at int64, n int) ([]byte, error) {
	b := make([]byte, n)
	have, err := r.ReadAt(b, at)
	if have == n {
		return b, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// Is tells whether a file begins as a disk does: with a file system we know or
// a partition table.
func Is(r io.ReaderAt) bool {
	if kind, _ := Kind(r, 0); kind != "" {
		return true
	}
	b, err := read(r, 0, sector)
	return err == nil && b[510] == 0x55 && b[511] == 0xaa
}
