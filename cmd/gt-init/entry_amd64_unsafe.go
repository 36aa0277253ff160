package main

import (
	"unsafe"

	"github.com/gophertainer/gophertainer/lib/bare"
)

// What entry puts in the place of Go's runtime.
var (
	stack  [256 << 10]byte
	g      [64]uintptr
	thread [2]uintptr
)

func entry()

// begin has the stack as the kernel made it: argc, the arguments and nil, the
// environment and nil (System V ABI, "Process Initialization").
func begin(top unsafe.Pointer) {
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
