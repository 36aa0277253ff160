package seccomp

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// format changes with the canonical form and with the layout of a cache file.
const format = "gt-seccomp filter 1"

// keyOf names a compiled filter: what is compiled, by whom and for which
// machine.
func keyOf(s *specs.LinuxSeccomp, stamp string, h helper) (key [sha256.Size]byte) {
	b := make([]byte, 0, chunk)
	b = appendString(b, format)
	b = appendString(b, runtime.GOARCH)
	b = appendString(b, stamp)
	b = binary.AppendVarint(b, h.size)
	b = binary.AppendVarint(b, h.mtime)
	hash := sha256.New()
	b = writeProfile(b, s, func(b []byte) []byte {
		hash.Write(b)
		return b[:0]
	})
	hash.Write(b)
	hash.Sum(key[:0])
	return key
}

// chunk is how many bytes are hashed at a time: the pages of a longer buffer,
// each new to the process, would cost more than the hash.
const chunk = 2 << 10

// writeProfile appends what the compiler looks at, so that two profiles have
// the same bytes only if they are the same: each string and list is led by its
// length. Flags and listener are arguments of seccomp(2), not of the compiler.
// flush takes the bytes away now and then.
func writeProfile(b []byte, s *specs.LinuxSeccomp, flush func([]byte) []byte) []byte {
	b = appendString(b, string(s.DefaultAction))
	b = appendOptional(b, s.DefaultErrnoRet)
	b = binary.AppendUvarint(b, uint64(len(s.Architectures)))
	for _, a := range s.Architectures {
		b = appendString(b, string(a))
	}
	b = binary.AppendUvarint(b, uint64(len(s.Syscalls)))
	for i := range s.Syscalls {
		r := &s.Syscalls[i]
		b = binary.AppendUvarint(b, uint64(len(r.Names)))
		for _, name := range r.Names {
			if b = appendString(b, name); len(b) > chunk-64 {
				b = flush(b)
			}
		}
		b = appendString(b, string(r.Action))
		b = appendOptional(b, r.ErrnoRet)
		b = binary.AppendUvarint(b, uint64(len(r.Args)))
		for _, a := range r.Args {
			b = binary.AppendUvarint(b, uint64(a.Index))
			b = binary.AppendUvarint(b, a.Value)
			b = binary.AppendUvarint(b, a.ValueTwo)
			if b = appendString(b, string(a.Op)); len(b) > chunk-64 {
				b = flush(b)
			}
		}
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendOptional(b []byte, v *uint) []byte {
	if v == nil {
		return append(b, 0)
	}
	return binary.AppendUvarint(append(b, 1), uint64(*v))
}
