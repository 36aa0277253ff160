package seccomp

import (
	"encoding/binary"
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// format changes with the canonical form and with the layout of a cache file.
const format = "gt-seccomp filter 2"

// keyOf is all that a compiled filter depends on: what is compiled, by whom and
// for which machine. It is compared whole, so that no profile can be made to
// stand for another; a cryptographic hash would cost every start half a
// millisecond to link.
func keyOf(s *specs.LinuxSeccomp, stamp string, h helper) []byte {
	b := make([]byte, 0, 8<<10)
	b = appendString(b, format)
	b = appendString(b, runtime.GOARCH)
	b = appendString(b, stamp)
	b = binary.AppendVarint(b, h.size)
	b = binary.AppendVarint(b, h.mtime)
	return appendProfile(b, s)
}

// appendProfile appends what the compiler looks at, so that two profiles have
// the same bytes only if they are the same: each string and list is led by its
// length. Flags and listener are arguments of seccomp(2), not of the compiler.
func appendProfile(b []byte, s *specs.LinuxSeccomp) []byte {
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
			b = appendString(b, name)
		}
		b = appendString(b, string(r.Action))
		b = appendOptional(b, r.ErrnoRet)
		b = binary.AppendUvarint(b, uint64(len(r.Args)))
		for _, a := range r.Args {
			b = binary.AppendUvarint(b, uint64(a.Index))
			b = binary.AppendUvarint(b, a.Value)
			b = binary.AppendUvarint(b, a.ValueTwo)
			b = appendString(b, string(a.Op))
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
