//go:build cgo

package main

import (
	"encoding/binary"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// A call is struct seccomp_data.
type call struct {
	arch specs.Arch
	nr   uint32
	args [6]uint64
}

func (c call) data() []byte {
	b := binary.NativeEndian.AppendUint32(nil, c.nr)
	b = binary.NativeEndian.AppendUint32(b, tables[c.arch].audit)
	b = binary.NativeEndian.AppendUint64(b, 0)
	for _, a := range c.args {
		b = binary.NativeEndian.AppendUint64(b, a)
	}
	return b
}

// meet runs a filter as the kernel does, for calls that a test cannot make:
// other architectures, and numbers that the kernel has not got.
func meet(t *testing.T, filter []byte, c call) string {
	t.Helper()
	data := c.data()
	var acc uint32
	for at := 0; at < len(filter)/8; at++ {
		raw := filter[at*8:]
		code, k := binary.NativeEndian.Uint16(raw), binary.NativeEndian.Uint32(raw[4:])
		jump := func(yes bool) {
			if yes {
				at += int(raw[2])
			} else {
				at += int(raw[3])
			}
		}
		switch code {
		case opLoad:
			acc = binary.NativeEndian.Uint32(data[k:])
		case opRet:
			return verdict(k)
		case opJa:
			at += int(k)
		case opJeq:
			jump(acc == k)
		case opJgt:
			jump(acc > k)
		case opJge:
			jump(acc >= k)
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			acc &= k
		default:
			t.Fatalf("instruction %d: unknown code %#x", at, code)
		}
	}
	t.Fatal("ran behind the end")
	return ""
}

func compiled(t *testing.T, profile string) []byte {
	t.Helper()
	s, err := decode([]byte(profile), hostTarget())
	if err != nil {
		t.Fatal(err)
	}
	filter, err := filterOf(s, specs.ArchX86_64)
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

func needX86(t *testing.T) {
	if seccomp.Native() != specs.ArchX86_64 {
		t.Skip("need amd64: the numbers are of x86")
	}
}
