package main

import (
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// library is what libseccomp says of itself.
type library struct {
	Version string   `json:"version"`
	API     uint     `json:"api"`
	Archs   []string `json:"archs"`
}

func printFeatures(*tool.Options) func(*tool.Call) error { return features }

func features(c *tool.Call) error {
	lib, err := linked()
	if err != nil {
		return err
	}
	s := seccomp.Features()
	return printJSON(c, struct {
		Library        library  `json:"libseccomp"`
		Actions        []string `json:"actions"`
		KernelActions  []string `json:"kernelActions"`
		Operators      []string `json:"operators"`
		Archs          []string `json:"archs"`
		KnownFlags     []string `json:"knownFlags"`
		SupportedFlags []string `json:"supportedFlags"`
	}{lib, s.Actions, s.KernelActions, s.Operators, lib.Archs, s.KnownFlags, s.SupportedFlags})
}
