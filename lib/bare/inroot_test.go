package bare

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, dir string) int {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// A link that leads out of the root leads back into it.
func TestMkdirInStaysInside(t *testing.T) {
	top := t.TempDir()
	root, host := filepath.Join(top, "root"), filepath.Join(top, "host")
	for _, d := range []string{root, host, filepath.Join(root, "in")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"abs": host, "rel": "../host", "up": "../../../../..", "ok": "/in"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	fd := open(t, root)
	for _, name := range []string{"abs/x", "rel/x", "up/y", "../z", "ok/a/b"} {
		if d, err := MkdirIn(fd, name, 0o755); err == 0 {
			_ = unix.Close(d)
		}
		if f, err := FileIn(fd, name+".file", 0o644); err == 0 {
			_ = unix.Close(f)
		}
	}
	if left, _ := os.ReadDir(host); len(left) != 0 {
		t.Errorf("host directory has %v, need nothing", left)
	}
	if left, _ := os.ReadDir(top); len(left) != 2 {
		t.Errorf("directory above the root has %v, need root and host", left)
	}
	if _, err := os.Stat(filepath.Join(root, "in/a/b")); err != nil {
		t.Errorf("a link inside the root was not followed: %v", err)
	}
}

func TestComponent(t *testing.T) {
	for name, want := range map[string]int{"": 0, "/": 0, "./a//b/.": 2, "a/../b": 3} {
		got := 0
		for at := 0; ; got++ {
			part, end := component(name, at)
			if part == "" {
				break
			}
			at = end
		}
		if got != want {
			t.Errorf("%q has %d components, need %d", name, got, want)
		}
	}
}
