package main

import "github.com/gophertainer/gophertainer/lib/plan"

// roomy makes the stack large at once, while it is empty: grown step by step
// deep in a call, it is unwound and copied each time.
//
//go:noinline
func roomy() byte {
	var b [48 << 10]byte
	return b[len(plan.Stamp)]
}
