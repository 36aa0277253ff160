package account

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func root(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	passwdText = `root:x:0:0:root:/root:/bin/sh
1000:x:0:0:a name made of digits:/:/bin/sh
-1:x:0:0::/:/bin/sh
01:x:0:0::/:/bin/sh
gopher:x:1000:1001:Gopher:/home/gopher:/bin/sh
gopher:x:0:0:second row:/root:/bin/sh
broken:x:zero:0::/:/bin/sh
wrap:x:4294967296:0::/:/bin/sh
minus:x:-1:0::/:/bin/sh
keep:x:4294967295:4294967295::/:/bin/sh
short:x
nohome:x:7:8
wide:x:2147483648:2147483648::relative:/bin/sh
`
	groupText = `root:x:0:
wheel:x:10:root,gopher
gopher:x:1001:
video:x:44:gopher,x
video2:x:44:gopher
bad:x:0x0:gopher
1:x:0:gopherx
staff:x:50:nobody
`
)

func find(text, dir string) (string, error) {
	a, err := Parse(text)
	if err != nil {
		return "", err
	}
	f, err := a.Find(dir)
	return fmt.Sprintf("%d:%d%v%s", f.UID, f.GID, f.Groups, f.Home), err
}

func TestFind(t *testing.T) {
	dir := root(t, map[string]string{"etc/passwd": passwdText, "etc/group": groupText})
	for text, want := range map[string]string{
		"root":         "0:0[10]/root",
		"0":            "0:0[10]/root",
		"0:0":          "0:0[]/root",
		"1":            "1:1[]",
		"1:1":          "1:1[]",
		"1:0":          "1:0[]",
		"1000":         "1000:1001[10 44]/home/gopher",
		"gopher":       "1000:1001[10 44]/home/gopher",
		"gopher:staff": "1000:50[]/home/gopher",
		"gopher:7":     "1000:7[]/home/gopher",
		"5:wheel":      "5:10[]",
		"nohome":       "7:8[]",
		"2147483648":   "2147483648:2147483648[]",
		"4294967294":   "4294967294:4294967294[]",
	} {
		if got, err := find(text, dir); err != nil || got != want {
			t.Errorf("%s: have %s, %v, need %s", text, got, err, want)
		}
	}
}

// CVE-2026-30892, 2016-3697, 2024-40635, 2026-46680: the right user or a
// refusal, never root by accident.
func TestFindRefuses(t *testing.T) {
	dir := root(t, map[string]string{"etc/passwd": passwdText, "etc/group": groupText})
	for _, text := range []string{
		"", ":", "1:", ":1", "-1", "+1", "01", "00", "1:-1", "1:01", " 1", "1 ", "1\n", "0x0", "1e3", "1_0", "٣",
		"4294967295", "4294967296", "9223372036854775808", "18446744073709551616", "1:4294967295", "1:4294967296",
		"99999999999999999999999999999999", "1:1:1", "root:", "nobody-here", "gopher:nobody-here",
		"broken", "wrap", "minus", "keep", "short", "gopher:bad", "a/b", "a b", "\x00", "root\n", strings.Repeat("a", 300),
	} {
		if got, err := find(text, dir); err == nil {
			t.Errorf("%q: have %s, need a refusal", text, got)
		} else if text == "wrap" && !strings.Contains(err.Error(), "4294967296 is out of range") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// CVE-2025-24965, 2024-9676: the files are planted by the image.
func TestFindPlanted(t *testing.T) {
	outside := root(t, map[string]string{"passwd": "gopher:x:0:0::/:/bin/sh\n"})
	plant := map[string]func(string) error{
		"absolute link": func(p string) error { return os.Symlink(filepath.Join(outside, "passwd"), p) },
		"climbing link": func(p string) error {
			return os.Symlink("../../../../../../../../"+outside+"/passwd", p)
		},
		"proc link": func(p string) error { return os.Symlink("/proc/self/root"+outside+"/passwd", p) },
		"fifo":      func(p string) error { return unix.Mkfifo(p, 0o644) },
		"directory": func(p string) error { return os.Mkdir(p, 0o755) },
		"socket":    func(p string) error { return unix.Mknod(p, unix.S_IFSOCK|0o644, 0) },
		"gigabyte": func(p string) error {
			f, err := os.Create(p)
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(1 << 30)
		},
	}
	for name, do := range plant {
		dir := root(t, map[string]string{"etc/x": ""})
		if err := do(filepath.Join(dir, "etc/passwd")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if got, err := find("gopher", dir); err == nil {
			t.Errorf("%s: have %s, need a refusal", name, got)
		}
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
	// A link inside the root is what the container would follow too.
	dir := root(t, map[string]string{"nix/passwd": "gopher:x:5:6::/h:\n", "etc/x": ""})
	if err := os.Symlink("/nix/passwd", filepath.Join(dir, "etc/passwd")); err != nil {
		t.Fatal(err)
	}
	if got, err := find("gopher", dir); err != nil || got != "5:6[]/h" {
		t.Errorf("have %s, %v", got, err)
	}
}

func TestFindWithoutFiles(t *testing.T) {
	dir := t.TempDir()
	if got, err := find("1000", dir); err != nil || got != "1000:1000[]" {
		t.Errorf("have %s, %v", got, err)
	}
	if _, err := find("gopher", dir); err == nil || !strings.Contains(err.Error(), "has no /etc/passwd") {
		t.Errorf("have %v", err)
	}
	if _, err := find("1:gopher", dir); err == nil {
		t.Error("a group without a file was found")
	}
}

// Whatever passwd holds, a number is itself and only the name root, or a row
// for the very name with a literal 0, is root.
func FuzzFind(f *testing.F) {
	f.Add("1", "1:x:0:0::/:\n")
	f.Add("-1", passwdText)
	f.Add("gopher:wheel", passwdText)
	f.Fuzz(func(t *testing.T, text, file string) {
		a, err := Parse(text)
		if err != nil {
			return
		}
		dir := root(t, map[string]string{"etc/passwd": file, "etc/group": file})
		got, err := a.Find(dir)
		if err != nil || got.UID != 0 {
			return
		}
		user, _, _ := strings.Cut(text, ":")
		if user == "0" {
			return
		}
		for row := range strings.SplitSeq(file, "\n") {
			f := strings.Split(row, ":")
			if len(f) > 2 && f[0] == user && f[2] == "0" && !allDigits(user) {
				return
			}
		}
		t.Errorf("%q is root by %q", text, file)
	})
}
