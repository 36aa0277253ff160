package main

import (
	"unsafe"

	"github.com/gophertainer/gophertainer/lib/bare"
)

// What entry puts in the place of Go's runtime.
var (
	stack  [256 << 10]byte //nolint:unused // by entry_amd64.s, as all that follows
	g      [64]uintptr     //nolint:unused // by entry_amd64.s
	thread [2]uintptr      //nolint:unused // by entry_amd64.s
)

func entry() //nolint:unused // the linker's -E names it

// begin has the stack as the kernel made it: argc, the arguments and nil, the
// environment and nil (System V ABI, "Process Initialization").
func begin(top unsafe.Pointer) { //nolint:unused // by entry_amd64.s
	const word = unsafe.Sizeof(uintptr(0))
	argc := *(*uintptr)(top)
	for at := unsafe.Add(top, (argc+2)*word); *(**byte)(at) != nil; at = unsafe.Add(at, word) {
		first := *(**byte)(at)
		n := 0
		for *(*byte)(unsafe.Add(unsafe.Pointer(first), n)) != 0 {
			n++
		}
		if text := unsafe.String(first, n); len(text) > len(name) && text[:len(name)] == name {
			bare.Exit(run(text[len(name):]))
		}
	}
	bare.Exit(run(""))
}
