// Package criu drives one CRIU: it finds the program, starts it as a worker,
// asks it, and reads its log.
package criu

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Oldest is the first version whose answers this package understands: 3.16
// brought the network lock by nftables, 3.15 external descriptors.
const Oldest = 31600

// Find returns the CRIU to use: the one that was named, else $CRIU_PATH, else
// criu in $PATH.
func Find(named string) (string, error) {
	from := "--criu"
	if named == "" {
		named, from = os.Getenv("CRIU_PATH"), "CRIU_PATH"
	}
	if named == "" {
		path, err := exec.LookPath("criu")
		if err != nil {
			return "", fail.New(fail.CodeHost, "have no criu in $PATH, need it installed, or --criu PATH or CRIU_PATH to name it")
		}
		return filepath.Abs(path)
	}
	path, err := exec.LookPath(named)
	if err != nil {
		e := fail.New(fail.CodeHost, "%s names %s, need a program that can be executed", from, named)
		e.Path = ""
		return "", e
	}
	return filepath.Abs(path)
}
