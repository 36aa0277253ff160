package verity

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// From include/uapi/linux/dm-ioctl.h.
const (
	headSize   = 312 // struct dm_ioctl
	targetSize = 40  // struct dm_target_spec

	devCreate   = 3
	devRemove   = 4
	devSuspend  = 6 // without its flag: resume
	tableLoad   = 9
	listDevices = 2

	readOnly = 1 << 0
	deferred = 1 << 17

	control = "/dev/mapper/control"
)

// A mapper is the open control device.
type mapper struct{ file *os.File }

func open() (*mapper, error) {
	f, err := os.OpenFile(control, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) {
		return nil, fail.New(fail.CodeKernel, "the kernel has no device mapper (open %s: %w)", control, errors.Unwrap(err))
	}
	if err != nil {
		return nil, err
	}
	return &mapper{f}, nil
}

// do sends a command about a device, with what follows its head, and returns
// the answer.
func (m *mapper) do(command uintptr, name string, flags uint32, rest []byte) ([]byte, error) {
	b := make([]byte, headSize, headSize+len(rest))
	b = append(b, rest...)
	le := binary.LittleEndian
	le.PutUint32(b[0:], 4) // version 4.0.0
	le.PutUint32(b[12:], uint32(len(b)))
	le.PutUint32(b[16:], headSize)
	le.PutUint32(b[28:], flags)
	if command == tableLoad {
		le.PutUint32(b[20:], 1)
	}
	copy(b[48:48+127], name)
	return b, call(int(m.file.Fd()), command, b)
}

// target is a table of one line.
func target(kind, line string, length uint64) []byte {
	b := make([]byte, targetSize, targetSize+len(line)+8)
	binary.LittleEndian.PutUint64(b[8:], length)
	copy(b[24:], kind)
	b = append(append(b, line...), 0)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint32(b[20:], uint32(len(b)))
	return b
}

// number takes the device number out of an answer (huge_encode_dev).
func number(answer []byte) uint64 { return binary.LittleEndian.Uint64(answer[40:]) }

// names takes the devices out of the answer to listDevices
// (struct dm_name_list).
func names(answer []byte) []string {
	le := binary.LittleEndian
	var list []string
	at := le.Uint32(answer[16:])
	for int(at)+12 < len(answer) {
		entry := answer[at:]
		name, _, whole := bytes.Cut(entry[12:], []byte{0})
		if !whole || le.Uint64(entry) == 0 {
			break
		}
		list = append(list, string(name))
		next := le.Uint32(entry[8:])
		if next == 0 {
			break
		}
		at += next
	}
	return list
}
