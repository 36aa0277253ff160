package fill

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// TestHostileTarConcurrentSwap exchanges directories of the root with symlinks
// to the host all the time while it is filled.
func TestHostileTarConcurrentSwap(t *testing.T) {
	root(t)
	s := stage(t)
	for _, d := range []string{"a", "a/b"} {
		if err := os.Mkdir(s.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for l, to := range map[string]string{"evil": s.canary, "a/evil": "../../canary"} {
		if err := os.Symlink(to, s.path(l)); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	for _, pair := range [][2]string{{"a", "evil"}, {"a/b", "a/evil"}} {
		swapping.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = unix.Renameat2(unix.AT_FDCWD, s.path(pair[0]), unix.AT_FDCWD, s.path(pair[1]), unix.RENAME_EXCHANGE)
				}
			}
		})
	}
	var items []item
	for i := range 60 {
		items = append(items, dir("a"), dir("a/b"), file("a/secret", "mine"), file("a/b/secret", "mine"),
			file(fmt.Sprintf("a/b/new%d", i), "x"), symlink(fmt.Sprintf("a/link%d", i), "/"), hardlink(fmt.Sprintf("a/b/hard%d", i), "a/secret"),
			file("sub/../sub/key", "x"))
	}
	for i := range items {
		items[i].Uid, items[i].Gid = 12, 34
	}
	done := 0
	for i := range items {
		// Each entry by itself: one that fails because of the swap does not
		// spare the others.
		if err := into2(t, s.root, pack(t, items[i])); err == nil {
			done++
		}
	}
	close(stop)
	swapping.Wait()
	if done < len(items)/4 {
		t.Errorf("only %d of %d entries were unpacked", done, len(items))
	}
	s.check(t)
}

func into2(t *testing.T, dir string, archive []byte) error {
	t.Helper()
	return into(t, dir, bytes.NewReader(archive), tree.Options{})
}

// TestDirectorySwap does the same to a directory that is copied.
func TestDirectorySwap(t *testing.T) {
	root(t)
	s := stage(t)
	src := filepath.Join(t.TempDir(), "src")
	if err := os.MkdirAll(filepath.Join(src, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := os.WriteFile(fmt.Sprintf("%s/a/b/%d", src, i), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(s.canary, filepath.Join(src, "evil")); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Renameat2(unix.AT_FDCWD, src+"/a", unix.AT_FDCWD, src+"/evil", unix.RENAME_EXCHANGE)
			}
		}
	})
	for range 50 {
		to := filepath.Join(t.TempDir(), "rootfs")
		if err := os.Mkdir(to, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = clone(t, to, src)
		for _, name := range []string{"a/secret", "evil/secret"} {
			var st unix.Stat_t
			if err := unix.Fstatat(unix.AT_FDCWD, filepath.Join(to, filepath.Dir(name)), &st, unix.AT_SYMLINK_NOFOLLOW); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
				continue
			}
			if _, err := os.Lstat(filepath.Join(to, name)); err == nil {
				t.Errorf("%s of the host was copied", name)
			}
		}
	}
	close(stop)
	swapping.Wait()
}
