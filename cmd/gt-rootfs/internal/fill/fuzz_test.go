package fill

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// FuzzTar unpacks whatever comes; a file of the host beside the root must not
// change, and nothing may appear there.
func FuzzTar(f *testing.F) {
	f.Add(pack(f, dir("d"), file("d/f", "x"), hardlink("h", "d/f"), symlink("s", "../canary"), file("s/secret", "x")))
	f.Add(pack(f, symlink("a", "/"), symlink("a/b", ".."), dir("a"), file("../x", "x"), xattr("f", "user.a", "b")))
	f.Add(join(pax("size=512", "path=../x", "mtime=-1.5"), raw{name: "outer", flag: '0'}.block(), end, end))
	f.Add(join(pax("GNU.sparse.map=0,1,4096,1", "GNU.sparse.size=9000"), raw{name: "f", flag: '0', size: "00000000002\x00"}.block(), pad("ab"), end))
	f.Add(join(raw{name: "L", flag: 'L', size: "00000000010\x00", gnu: true}.block(), pad("../long\x00"), raw{name: "f", flag: '2', target: "/etc"}.block(), end))
	top := f.TempDir()
	canary := filepath.Join(top, "canary")
	if err := os.WriteFile(canary, []byte("host"), 0o600); err != nil {
		f.Fatal(err)
	}
	var was unix.Stat_t
	if err := unix.Stat(canary, &was); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		// A wrong checksum ends everything early; make it right.
		for at := 0; at+512 <= len(archive); at += 512 {
			if b := archive[at : at+512]; bytes.HasPrefix(b[257:], []byte("ustar")) {
				seal(b)
			}
		}
		work := filepath.Join(top, "work")
		dir := filepath.Join(work, "rootfs")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(work)
		_ = into(t, dir, bytes.NewReader(archive), tree.Options{MaxBytes: 1 << 20, MaxEntries: 100, NoDevices: true})
		if left, _ := os.ReadDir(work); len(left) != 1 {
			t.Errorf("beside the root is %v", left)
		}
		if left, _ := os.ReadDir(top); len(left) != 2 {
			t.Errorf("above the root is %v", left)
		}
		var is unix.Stat_t
		if err := unix.Stat(canary, &is); err != nil || is.Ino != was.Ino || is.Nlink != 1 || is.Ctim != was.Ctim {
			t.Errorf("the canary changed: %v", err)
		}
	})
}
