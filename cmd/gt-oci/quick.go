package main

import (
	rt "runtime"
)

// A call of gt-oci lives for milliseconds. One processor of Go's scheduler is
// enough for it: with more, idle threads look for work and the monitor thread
// wakes every 20 µs while the caller waits for its child, 80 times a run.
func init() { rt.GOMAXPROCS(1) }

// roomy makes the stack large at once, while it is empty: grown step by step
// deep in a call, it is unwound and copied each time.
//
//go:noinline
func roomy() byte {
	var b [48 << 10]byte
	return b[len(rt.GOOS)]
}
