package link

import (
	"crypto/rand"
	"encoding/hex"
	"hash/fnv"
	"net"
)

// HostName is the name of the host's end of a pair: the same for the same
// container, and at most 15 bytes.
func HostName(prefix, key string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return prefix + hex.EncodeToString(h.Sum(nil))[:15-len(prefix)]
}

// MAC is a locally administered address; the same for the same key, or a
// random one with "".
func MAC(key string) net.HardwareAddr {
	b := make([]byte, 8)
	if key == "" {
		_, _ = rand.Read(b) // never fails, see crypto/rand
	} else {
		h := fnv.New64a()
		_, _ = h.Write([]byte(key))
		b = h.Sum(b[:0])
	}
	return net.HardwareAddr{b[0]&0xfc | 2, b[1], b[2], b[3], b[4], b[5]}
}
