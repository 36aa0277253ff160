package fill

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// TestHostileTarTinyFiles is 100,000 of them in a bounded time: 0.1 ms each
// on a slow machine, so ten times that.
func TestHostileTarTinyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const files = 100_000
	r, w := io.Pipe()
	go func() {
		tw := tar.NewWriter(w)
		for i := range files {
			h := &tar.Header{Name: fmt.Sprintf("d%d/f%d", i/1000, i), Typeflag: tar.TypeReg, Mode: 0o644, Size: 5}
			if err := tw.WriteHeader(h); err != nil {
				break
			}
			if _, err := io.WriteString(tw, "tiny\n"); err != nil {
				break
			}
		}
		w.CloseWithError(tw.Close())
	}()
	begin := time.Now()
	dir, err := unpack(t, r, tree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	t.Logf("%d files in %v", files, took)
	if took > 100*time.Second {
		t.Errorf("it took %v", took)
	}
	n := 0
	err = filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { n++; return nil })
	if err != nil || n != files+files/1000+1 {
		t.Errorf("have %d files: %v", n, err)
	}
}
