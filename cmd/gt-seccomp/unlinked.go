//go:build !cgo

package main

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

var errUnlinked = fail.New(fail.CodeHost, "built without libseccomp")

func build(*specs.LinuxSeccomp, specs.Arch, form) ([]byte, []span, error) {
	return nil, nil, errUnlinked
}

func syscallOf(string, specs.Arch) (string, uint32, error) { return "", 0, errUnlinked }

func nameOf(uint32, uint32) (string, specs.Arch) { return "", "" }

func linked() (library, error) { return library{}, errUnlinked }
