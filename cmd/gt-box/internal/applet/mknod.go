package applet

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// mknod [-m mode] name b|c major minor, or name p
func mknod(args []string) int {
	f, rest, err := options(args, "m:")
	if err != nil || len(rest) != 2 && len(rest) != 4 {
		return misuse(args, "usage: mknod [-m mode] name b|c major minor | p")
	}
	kind := map[string]uint32{"b": unix.S_IFBLK, "c": unix.S_IFCHR, "u": unix.S_IFCHR, "p": unix.S_IFIFO}[rest[1]]
	if kind == 0 || kind == unix.S_IFIFO != (len(rest) == 2) {
		return misuse(args, "%s: need b or c with two numbers, or p", rest[1])
	}
	dev := uint64(0)
	if len(rest) == 4 {
		major, err1 := strconv.ParseUint(rest[2], 10, 32)
		minor, err2 := strconv.ParseUint(rest[3], 10, 32)
		if err1 != nil || err2 != nil {
			return misuse(args, "%s %s: need two numbers", rest[2], rest[3])
		}
		dev = unix.Mkdev(uint32(major), uint32(minor))
	}
	return makeNode(args, f, rest[0], node{kind, dev})
}

type node struct {
	kind uint32
	dev  uint64
}

func makeNode(args []string, f flags, name string, n node) int {
	mode, err := strconv.ParseUint(f.value('m', "666"), 8, 12)
	if err != nil {
		return misuse(args, "%s: need an octal mode", f.value('m', ""))
	}
	err = unix.Mknod(name, n.kind|uint32(mode), int(n.dev))
	if err == nil && f.has('m') {
		err = unix.Chmod(name, uint32(mode))
	}
	if err != nil {
		return fail(args, "%s: %s", name, err)
	}
	return 0
}

// mkfifo [-m mode] name…
func mkfifo(args []string) int {
	f, names, err := options(args, "m:")
	if err != nil || len(names) == 0 {
		return misuse(args, "usage: mkfifo [-m mode] name…")
	}
	status := 0
	for _, name := range names {
		status |= makeNode(args, f, name, node{kind: unix.S_IFIFO})
	}
	return status
}
