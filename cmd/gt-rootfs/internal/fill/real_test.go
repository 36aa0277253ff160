package fill

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// A Debian root, made once with
//
//	debootstrap --variant=minbase bookworm debian-minbase
//	tar --numeric-owner --xattrs --xattrs-include='*' --acls -C debian-minbase -cf debian-minbase.tar .
const cache = "/var/tmp/gt-cache"

func debian(t *testing.T, name string) string {
	t.Helper()
	root(t)
	p := filepath.Join(cache, name)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("no %s", p)
	}
	return p
}

func TestDebianIsWhatTarMakes(t *testing.T) {
	need := gnu(t, debian(t, "debian-minbase.tar"))
	for _, name := range []string{"debian-minbase.tar", "debian-minbase.tar.gz", "debian-minbase.tar.zst"} {
		t.Run(filepath.Ext(name), func(t *testing.T) {
			f, err := os.Open(debian(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			have, err := unpack(t, f, tree.Options{})
			if err != nil {
				t.Fatal(err)
			}
			same(t, have, need)
		})
	}
}

func TestDebianDirectory(t *testing.T) {
	src := debian(t, "debian-minbase")
	dir := filepath.Join(t.TempDir(), "rootfs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	defer unix.Umask(unix.Umask(0))
	tr, err := tree.Open(t.Context(), dir, tree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := Dir(tr, src); err != nil {
		t.Fatal(err)
	}
	same(t, dir, src)
}
