// Package archive turns whatever was handed in (a file, a pipe) into one plain
// stream of bytes: it recognises the compression by content and undoes it on
// another processor than the one that reads. No other program is ever started.
package archive

import (
	"bytes"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/disk"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Format is what a stream begins with.
type Format string

// The formats that can be read.
const (
	Tar   Format = "tar"
	Gzip  Format = "gzip"
	Zstd  Format = "zstd"
	Xz    Format = "xz"
	Bzip2 Format = "bzip2"
	Lz4   Format = "lz4"
)

// peek is how much of a stream is looked at: the header of a tar, and where
// ext4 and ISO 9660 images are recognised needs more than we ask for.
const peek = 1088

// What is recognised only to say its name in a refusal.
var others = []struct{ sign, what string }{
	{"\x1f\x9d", "compress"},
	{"]\x00\x00", "lzma"},
	{"PK\x03\x04", "zip"},
	{"PK\x05\x06", "zip"},
	{"7z\xbc\xaf\x27\x1c", "7-Zip"},
	{"Rar!", "RAR"},
	{"!<arch>\n", "an ar or Debian package"},
	{"\xed\xab\xee\xdb", "an RPM package"},
	{"070701", "cpio"},
	{"070702", "cpio"},
	{"070707", "cpio"},
	{"\xc7\x71", "cpio"},
	{"\x7fELF", "an ELF program"},
	{"#!", "a script"},
	{"{", "JSON"},
	{"<", "HTML or XML"},
}

// detect names the format of a stream by its first bytes.
func detect(head []byte) (Format, error) {
	switch {
	case len(head) == 0:
		return "", refuse("nothing")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return Gzip, nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")), skippable(head):
		return Zstd, nil
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return Xz, nil
	case bytes.HasPrefix(head, []byte("BZh")):
		return Bzip2, nil
	case bytes.HasPrefix(head, []byte("\x04\x22\x4d\x18")):
		return Lz4, nil
	case isTar(head):
		return Tar, nil
	}
	return "", foreign(head, "")
}

// foreign refuses what is no archive by what it looks like; how says what was
// done to see it.
func foreign(head []byte, how string) error {
	what, fits := disk.Look(head)
	if fits {
		return fail.New(fail.CodeInput, "have %s%s where an archive is read, need a disk as a file or device, neither piped nor compressed", what, how)
	}
	if what != "" {
		return refuse(what + how)
	}
	for _, m := range others {
		if strings.HasPrefix(string(head), m.sign) {
			return refuse(m.what + how)
		}
	}
	return refuse("something unknown" + how)
}

func refuse(what string) error {
	return fail.New(fail.CodeInput, "have %s, need a tar archive, plain or compressed with gzip, zstd, xz, bzip2 or lz4, an image, or a raw disk with ext4, xfs, btrfs, squashfs or erofs", what)
}

// skippable is a zstd frame that holds no data but may come first (RFC 8878,
// section 3.1.2).
func skippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2a\x4d\x18"))
}

// isTar holds for a header block with a right checksum, or a block of zeros,
// the end mark of an archive without entries.
func isTar(head []byte) bool {
	if len(head) < 512 {
		return false
	}
	if bytes.HasPrefix(head[257:], []byte("ustar")) {
		return true
	}
	sum, field := 0, 0
	for i, c := range head[:512] {
		if i >= 148 && i < 156 {
			if c >= '0' && c <= '7' {
				field = field<<3 | int(c-'0')
			}
			c = ' '
		}
		sum += int(c)
	}
	return sum == field || sum == 8*' '
}
