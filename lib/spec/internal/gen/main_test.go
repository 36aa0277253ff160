package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerated: what is in the tree is what this generator writes.
func TestGenerated(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob("../../[de][en]code_*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if !bytes.Equal(have, files[name]) {
			t.Errorf("%s differs, need `go generate ./lib/spec`", name)
		}
		delete(files, name)
	}
	for name := range files {
		t.Errorf("%s is not there, need `go generate ./lib/spec`", name)
	}
}
