package cgroup

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func bpf(cmd uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	// The verifier gives up with EAGAIN when a signal is pending, also one that
	// Go's runtime sends itself to stop a thread.
	for try := 0; ; try++ {
		r, _, e := syscall.Syscall(unix.SYS_BPF, cmd, uintptr(attr), size)
		switch {
		case e == 0:
			return int(r), nil
		case e != unix.EAGAIN && e != unix.EINTR || try == maxTries:
			return -1, e
		}
	}
}

const maxTries = 30

type attachAttr struct {
	target, prog, kind, flags uint32
}

// programName tells our programs from those that others, such as systemd, have
// attached to the group.
const programName = "gt_devices"

// replaceProgram attaches the new program before it detaches the old one, so
// that there is no moment without rules (bpf(2)). All that are attached have to
// agree, so what is not ours can stay.
func replaceProgram(dir int, prog []insn) error {
	old, err := attached(dir)
	if err != nil {
		return err
	}
	fd, err := loadProgram(programName, prog)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := attach(dir, fd); err != nil {
		return err
	}
	for _, id := range old {
		if err := detachOurs(dir, id); err != nil {
			return err
		}
	}
	return nil
}

func loadProgram(name string, prog []insn) (int, error) {
	license := []byte("Apache-2.0\x00")
	load := struct {
		kind, count     uint32
		insns, license  uint64
		logLevel, size  uint32
		log             uint64
		version, flags  uint32
		name            [16]byte
		ifindex, expect uint32
	}{
		kind: unix.BPF_PROG_TYPE_CGROUP_DEVICE, count: uint32(len(prog)),
		insns: uint64(uintptr(unsafe.Pointer(&prog[0]))), license: uint64(uintptr(unsafe.Pointer(&license[0]))),
	}
	copy(load.name[:15], name)
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&load), unsafe.Sizeof(load))
	runtime.KeepAlive(prog)
	runtime.KeepAlive(license)
	return fd, err
}

func attach(dir, prog int) error {
	at := attachAttr{uint32(dir), uint32(prog), unix.BPF_CGROUP_DEVICE, unix.BPF_F_ALLOW_MULTI}
	_, err := bpf(unix.BPF_PROG_ATTACH, unsafe.Pointer(&at), unsafe.Sizeof(at))
	return err
}

func detachOurs(dir int, id uint32) error {
	get := struct{ id, next, flags uint32 }{id: id}
	fd, err := bpf(unix.BPF_PROG_GET_FD_BY_ID, unsafe.Pointer(&get), unsafe.Sizeof(get))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	name, err := nameOf(fd)
	if err != nil || name != programName {
		return err
	}
	at := attachAttr{uint32(dir), uint32(fd), unix.BPF_CGROUP_DEVICE, 0}
	_, err = bpf(unix.BPF_PROG_DETACH, unsafe.Pointer(&at), unsafe.Sizeof(at))
	return err
}

// nameOf is the name that a program was loaded with.
func nameOf(fd int) (string, error) {
	var info struct { // the beginning of struct bpf_prog_info
		kind, id      uint32
		tag           [8]byte
		jited, xlated uint32
		_             [2]uint64
		loaded        uint64
		uid, maps     uint32
		_             uint64
		name          [16]byte
	}
	get := struct {
		fd, size uint32
		info     uint64
	}{uint32(fd), uint32(unsafe.Sizeof(info)), uint64(uintptr(unsafe.Pointer(&info)))}
	_, err := bpf(unix.BPF_OBJ_GET_INFO_BY_FD, unsafe.Pointer(&get), unsafe.Sizeof(get))
	runtime.KeepAlive(&info)
	return unix.ByteSliceToString(info.name[:]), err
}

// attached lists the device programs of the group itself.
func attached(dir int) ([]uint32, error) {
	ids := make([]uint32, 64)
	query := struct {
		target, kind, flags, attach uint32
		ids                         uint64
		count                       uint32
		_                           uint32
	}{target: uint32(dir), kind: unix.BPF_CGROUP_DEVICE, ids: uint64(uintptr(unsafe.Pointer(&ids[0]))), count: uint32(len(ids))}
	_, err := bpf(unix.BPF_PROG_QUERY, unsafe.Pointer(&query), unsafe.Sizeof(query))
	runtime.KeepAlive(ids)
	if err != nil {
		return nil, err
	}
	return ids[:query.count], nil
}
