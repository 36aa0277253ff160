package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLife(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	b, err := Make(dir, Bundle{ID: "web", Kind: "tiny", Root: "/r"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Make(dir, Bundle{ID: "web"}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second make: %v", err)
	}
	if err := b.Write("config.json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(b.File("config.json")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("config.json: %v, %v", fi.Mode(), err)
	}
	again, err := Open(b.Path)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != "web" || again.Kind != "tiny" || again.Root != "/r" || again.Abandoned() {
		t.Errorf("have %+v, abandoned %v", again, again.Abandoned())
	}
	b.Close()
	if !again.Abandoned() {
		t.Error("a bundle nobody holds is not abandoned")
	}
	if err := again.Remove(); err != nil {
		t.Error(err)
	}
	if err := again.Remove(); err != nil {
		t.Errorf("second remove: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// Remove of an old bundle leaves a new one of the same name alone.
func TestRemoveOther(t *testing.T) {
	dir := t.TempDir()
	b, err := Make(dir, Bundle{ID: "web"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(b.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Remove(); err != nil {
		t.Fatal(err)
	}
	fresh, err := Make(dir, Bundle{ID: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(fresh.File(marker)); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	b, err := Make(dir, Bundle{ID: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is no bundle of gt-run") {
		t.Errorf("have %v", err)
	}
	text, err := os.ReadFile(b.File(marker))
	if err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(p string) error{
		"copy":   func(p string) error { return os.WriteFile(p, text, 0o600) },
		"link":   func(p string) error { return os.Symlink(b.File(marker), p) },
		"broken": func(p string) error { return os.WriteFile(p, []byte("{"), 0o600) },
	} {
		d := filepath.Join(dir, name)
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := plant(filepath.Join(d, marker)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(d); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestRemoveRefusesMounts(t *testing.T) {
	b, err := Make(t.TempDir(), Bundle{ID: "web"})
	if err != nil {
		t.Fatal(err)
	}
	at := b.File("a b")
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", at, "tmpfs", 0, ""); err != nil {
		t.Skipf("need to mount a tmpfs: %v", err)
	}
	err = b.Remove()
	if want := "remove bundle: " + at + " is still mounted"; err == nil || err.Error() != want {
		t.Errorf("have %v, need %s", err, want)
	}
	if err := unix.Unmount(at, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for range 1000 {
		if n := RandomName(); CheckName(n) != nil {
			t.Errorf("%q is no name", n)
		}
	}
	for _, n := range []string{"a", "A1", "alpine-test", "a.b_c+d", "0", strings.Repeat("x", 64)} {
		if err := CheckName(n); err != nil {
			t.Errorf("%q: %v", n, err)
		}
	}
	for _, n := range []string{"", ".", "..", "-a", "_a", "a/b", "../a", "a b", "ä", "a\x00", "a\n", strings.Repeat("x", 65)} {
		if CheckName(n) == nil {
			t.Errorf("%q was accepted", n)
		}
	}
}

func TestDir(t *testing.T) {
	t.Setenv("GOPHERTAINER_DATA", "/data")
	if d, err := Dir(); err != nil || d != "/data/bundles" {
		t.Errorf("have %s, %v", d, err)
	}
	t.Setenv("GOPHERTAINER_DATA", "")
	t.Setenv("XDG_DATA_HOME", "/xdg")
	want := "/xdg/gophertainer/bundles"
	if os.Geteuid() == 0 {
		want = "/var/lib/gophertainer/bundles"
	}
	if d, err := Dir(); err != nil || d != want {
		t.Errorf("have %s, %v, need %s", d, err, want)
	}
}
