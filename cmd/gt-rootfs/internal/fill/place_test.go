package fill

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// Large files of a plain archive are taken out of its file beside the reading,
// wherever the file's offset is; the result is that of a pipe.
func TestTakenInPlace(t *testing.T) {
	items := []item{dir("./"), dir("d/")}
	for i, size := range []int{70_000, 512 << 10, 64<<10 + 1, 3 << 20, 262_144, 10, 300_001, 0, 1 << 20} {
		body := bytes.Repeat([]byte(fmt.Sprintf("%d-%d;", i, size)), size/3+1)[:size]
		items = append(items, file(fmt.Sprintf("d/f%d", i%7), string(body)), file(fmt.Sprintf("small%d", i), "x"))
	}
	packed := pack(t, items...)
	whole := filepath.Join(t.TempDir(), "a.tar")
	if err := os.WriteFile(whole, append([]byte("offset"), packed...), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() *os.File {
		f, err := os.Open(whole)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if _, err := f.Seek(6, 0); err != nil {
			t.Fatal(err)
		}
		return f
	}
	want, err := unpack(t, bytes.NewReader(packed), tree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	have, err := unpack(t, open(), tree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, have, want)
	if _, err := unpack(t, open(), tree.Options{MaxBytes: 1 << 20}); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("over the limit: %v", err)
	}
	for _, cut := range []int64{100_000, 1_000_000, int64(len(packed)) - 1_000_000, int64(len(packed)) - 1100} {
		if err := os.Truncate(whole, cut); err != nil {
			t.Fatal(err)
		}
		if _, err := unpack(t, open(), tree.Options{}); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("cut at %d: %v", cut, err)
		}
		if err := os.WriteFile(whole, append([]byte("offset"), packed...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
