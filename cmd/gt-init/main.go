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
// # Exit status
//
// 1 when a step failed: the parent was told which one.
package main

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/gophertainer/gophertainer/lib/birth/inside"
)

// The main thread runs the plan: credentials are per thread, and exec keeps
// those of the thread that calls it.
func init() { runtime.LockOSThread() }

func main() {
	sock, keep, ok := arguments()
	if !ok {
		const text = "gt-init: started by hand, need gt-oci\n"
		_, _ = syscall.Write(2, []byte(text))
		syscall.Exit(2)
	}
	syscall.Exit(inside.Run(sock, keep))
}

func arguments() (sock, keep int, ok bool) {
	text, _ := syscall.Getenv("GT_INIT")
	first, second, _ := strings.Cut(text, ",")
	sock, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0, false
	}
	keep, err = strconv.Atoi(second)
	return sock, keep, err == nil && sock > 2 && keep > 2
}
