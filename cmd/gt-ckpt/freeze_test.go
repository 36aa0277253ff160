package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What a try that came to nothing has written goes, what was there before stays.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	write := func(list ...string) {
		for _, name := range list {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("pages-1.img", "theirs")
	kept, err := names(dir)
	if err != nil {
		t.Fatal(err)
	}
	write("core-1.img", "pages-1.img", "dump.log")
	if err := os.Symlink("../round-1", filepath.Join(dir, "parent")); err != nil {
		t.Fatal(err)
	}
	if err := sweep(dir, kept); err != nil {
		t.Fatal(err)
	}
	left, err := names(dir)
	if have := slices.Sorted(maps.Keys(left)); err != nil || !slices.Equal(have, []string{"pages-1.img", "theirs"}) {
		t.Errorf("left %q: %v", have, err)
	}
}
