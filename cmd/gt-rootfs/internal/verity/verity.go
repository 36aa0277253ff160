// Package verity makes block devices whose every block the kernel compares with
// a tree of hashes when it is read (dm-verity). The tree is a file in the form
// that veritysetup writes; its root hash comes from elsewhere, from somebody
// who is trusted.
//
// Sources: Linux, Documentation/admin-guide/device-mapper/verity.rst and
// include/uapi/linux/dm-ioctl.h; cryptsetup, lib/verity/verity.c for the super
// block.
package verity

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const (
	superSize = 512
	sector    = 512
)

// algorithms are the hashes we let a tree have, with their sizes in bytes.
var algorithms = map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}

// A Tree is what the super block of a hash file says.
type Tree struct {
	Type       uint32 // 1, or 0 for Chrome OS
	Algorithm  string
	Data, Hash uint32 // block sizes in bytes
	Blocks     uint64 // of data
	Salt       []byte
}

// Read reads the super block at the beginning of a hash file.
func Read(r io.ReaderAt) (*Tree, error) {
	b := make([]byte, superSize)
	if _, err := r.ReadAt(b, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fail.New(fail.CodeInput, "the hash file is cut off")
		}
		return nil, err
	}
	le := binary.LittleEndian
	if string(b[:8]) != "verity\x00\x00" {
		return nil, fail.New(fail.CodeInput, "the hash file has no super block, need what veritysetup format writes")
	}
	name, _, _ := bytes.Cut(b[32:64], []byte{0})
	t := &Tree{
		Type: le.Uint32(b[12:]), Algorithm: string(name),
		Data: le.Uint32(b[64:]), Hash: le.Uint32(b[68:]), Blocks: le.Uint64(b[72:]),
	}
	size := le.Uint16(b[80:])
	block := func(n uint32) bool { return n >= sector && n <= 1<<16 && n&(n-1) == 0 }
	switch {
	case le.Uint32(b[8:]) != 1, t.Type > 1:
		return nil, fail.New(fail.CodeInput, "hash file of version %d, type %d, need version 1, type 0 or 1", le.Uint32(b[8:]), t.Type)
	case algorithms[t.Algorithm] == 0:
		return nil, fail.New(fail.CodeInput, "hashes of %q, need sha256, sha384 or sha512", t.Algorithm)
	case !block(t.Data), !block(t.Hash):
		return nil, fail.New(fail.CodeInput, "hash file with blocks of %d and %d bytes, need powers of two from 512 to 65536", t.Data, t.Hash)
	case t.Blocks == 0, t.Blocks > 1<<62/uint64(t.Data):
		return nil, fail.New(fail.CodeInput, "hash file for %d blocks", t.Blocks)
	case size > 256:
		return nil, fail.New(fail.CodeInput, "hash file with a salt of %d bytes, need at most 256", size)
	}
	t.Salt = b[88 : 88+size]
	return t, nil
}

// Check refuses a root hash that cannot be one of the tree's, and data that is
// shorter than the tree.
func (t *Tree) Check(root string, size int64) error {
	b, err := hex.DecodeString(root)
	if err != nil || len(b) != algorithms[t.Algorithm] {
		return fail.New(fail.CodeInput, "root hash %q, need %d hexadecimal digits for %s", root, 2*algorithms[t.Algorithm], t.Algorithm)
	}
	if need := t.Blocks * uint64(t.Data); size < 0 || uint64(size) < need {
		return fail.New(fail.CodeInput, "the disk has %d bytes, its hashes are of %d", size, need)
	}
	return nil
}

// Length is how much data the tree covers, in sectors.
func (t *Tree) Length() uint64 { return t.Blocks * uint64(t.Data) / sector }

// table is the line of the device mapper's table for two devices.
func (t *Tree) table(data, hash, root string) string {
	salt := "-"
	if len(t.Salt) > 0 {
		salt = hex.EncodeToString(t.Salt)
	}
	first := (superSize + t.Hash - 1) / t.Hash // block of the tree
	return fmt.Sprintf("%d %s %s %d %d %d %d %s %s %s",
		t.Type, data, hash, t.Data, t.Hash, t.Blocks, first, t.Algorithm, strings.ToLower(root), salt)
}
