// Gt-init is the first process of a container. gt-oci starts it; it is of no
// use by hand.
//
// # Synopsis
//
//	GT_INIT=SOCKET,KEEP gt-init
//
// # Description
//
// It reads a plan from the socket, a list of steps that gt-oci compiled from
// config.json, runs them, reports once, waits at the gate for gt-oci start, and
// becomes the user's program. SOCKET is a descriptor; KEEP is the number of
// descriptors, from 0, that belong to the program. Both come in the environment,
// since reading arguments would cost package os.
//
// On amd64 it runs without Go's runtime, which takes longer to start than all of
// its work: one thread, no signal handlers, no heap.
//
// # Exit status
//
// 1 when a step failed: the parent was told which one.
package main

import (
	"runtime"
	"strings"
	"syscall"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/birth/inside"
)

const name = "GT_INIT="

// The main thread runs the plan: credentials are per thread, and exec keeps
// those of the thread that calls it.
func init() { runtime.LockOSThread() }

// main is for a build whose entry is Go's own.
func main() {
	text, _ := syscall.Getenv(name[:len(name)-1])
	bare.Exit(run(text))
}

func run(text string) int {
	first, second, _ := strings.Cut(text, ",")
	sock, keep := number(first), number(second)
	if sock < 3 || keep < 3 {
		_, _ = bare.Write(2, "gt-init: started by hand, need gt-oci\n")
		return 2
	}
	return inside.Run(sock, keep)
}

// number reads decimal digits; -1 is none.
func number(text string) int {
	if text == "" || len(text) > 6 {
		return -1
	}
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return -1
		}
		n = 10*n + int(text[i]-'0')
	}
	return n
}
