package archive

import (
	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// check compares the parts of the plain content with their checksums.
type check struct {
	sum *xxhash.Digest // of the current part
	at  int64
}

// next takes the content that follows, and the ends of parts in it.
func (c *check) next(data []byte, marks []mark) error {
	for _, m := range marks {
		n := m.at - c.at
		_, _ = c.sum.Write(data[:n]) // a hash takes everything (hash.Hash)
		if !m.none && uint32(c.sum.Sum64()) != m.sum {
			return zstd.ErrCRCMismatch
		}
		c.sum.Reset()
		data, c.at = data[n:], m.at
	}
	_, _ = c.sum.Write(data)
	c.at += int64(len(data))
	return nil
}
