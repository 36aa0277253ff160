package main

import (
	"encoding/binary"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
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

// interpret runs a filter as the kernel does, and returns what it answers and
// the instruction that did.
func interpret(filter []byte, c call) (ret uint32, at int, err error) {
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
			if uint64(k)+4 > uint64(len(data)) {
				return 0, at, fail.New(fail.CodeInput, "instruction %d loads from %d, need less than %d", at, k, len(data))
			}
			acc = binary.NativeEndian.Uint32(data[k:])
		case opRet:
			return k, at, nil
		case opJa:
			at += int(k)
		case opJeq:
			jump(acc == k)
		case opJgt:
			jump(acc > k)
		case opJge:
			jump(acc >= k)
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			jump(acc&k != 0)
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			acc &= k
		default:
			return 0, at, fail.New(fail.CodeInput, "instruction %d has the unknown code %#x", at, code)
		}
	}
	return 0, 0, fail.New(fail.CodeInput, "the filter has no end")
}
