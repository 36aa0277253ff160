package fill

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// TestHostileTarTinyFiles is 100,000 of them, or as many as $GT_FILES says, in
// a bounded time and memory: 0.1 ms each on a slow machine, 3 ms on one that is
// busy as well.
func TestHostileTarTinyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	files := 100_000
	if n, err := strconv.Atoi(os.Getenv("GT_FILES")); err == nil && n > 0 {
		files = n
	}
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
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files in %v, %d MB at most", files, took, use.Maxrss>>10)
	if took > time.Duration(files)*3*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	if use.Maxrss > 256<<10 { // with what this test itself takes
		t.Errorf("it took %d MB", use.Maxrss>>10)
	}
	n := 0
	err = filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { n++; return nil })
	if err != nil || n != files+files/1000+1 {
		t.Errorf("have %d files: %v", n, err)
	}
}
