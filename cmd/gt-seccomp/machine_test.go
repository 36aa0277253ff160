//go:build cgo

package main

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// meet runs a filter for calls that a test cannot make: other architectures,
// and numbers that the kernel has not got.
func meet(t *testing.T, filter []byte, c call) string {
	t.Helper()
	ret, _, err := interpret(filter, c)
	if err != nil {
		t.Fatal(err)
	}
	return verdict(ret)
}

func compiled(t *testing.T, profile string) []byte {
	t.Helper()
	s, err := decode([]byte(profile), hostTarget())
	if err != nil {
		t.Fatal(err)
	}
	filter, err := filterOf(s, specs.ArchX86_64)
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

func needX86(t *testing.T) {
	if seccomp.Native() != specs.ArchX86_64 {
		t.Skip("need amd64: the numbers are of x86")
	}
}
