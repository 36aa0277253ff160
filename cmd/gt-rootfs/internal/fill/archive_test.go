package fill

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// item is an entry of an archive that a test writes.
type item struct {
	tar.Header
	body string
}

func dir(name string) item {
	return item{Header: tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}}
}

func file(name, body string) item {
	return item{tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}, body}
}

func symlink(name, to string) item {
	return item{Header: tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to, Mode: 0o777}}
}

func hardlink(name, to string) item {
	return item{Header: tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: to, Mode: 0o644}}
}

func xattr(name, key, value string) item {
	i := file(name, "x")
	i.PAXRecords = map[string]string{"SCHILY.xattr." + key: value}
	return i
}

// pack writes an archive with the standard library's writer.
func pack(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		h := i.Header
		if h.Size == 0 {
			h.Size = int64(len(i.body))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(i.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw is one header as no writer would make it.
type raw struct {
	name, target string
	flag         byte
	uid, size    string // octal, or any bytes
	gnu          bool
}

func (r raw) block() []byte {
	b := make([]byte, 512)
	copy(b, r.name)
	copy(b[100:], "0000755\x00")
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	copy(b[108:], or(r.uid, "0000000\x00"))
	copy(b[116:], "0000000\x00")
	copy(b[124:], or(r.size, "00000000000\x00"))
	copy(b[136:], "00000000000\x00")
	b[156] = r.flag
	copy(b[157:], r.target)
	copy(b[257:], "ustar\x0000")
	if r.gnu {
		copy(b[257:], "ustar  \x00")
	}
	return seal(b)
}

func seal(b []byte) []byte {
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

var end = make([]byte, 1024)

// pad fills to whole blocks.
func pad(s string) []byte {
	return append([]byte(s), make([]byte, -len(s)&511)...)
}

// pax is an extended header of the given records.
func pax(records ...string) []byte {
	var body string
	for _, r := range records {
		n := len(r) + 3
		for len(fmt.Sprint(n))+len(r)+2 != n {
			n++
		}
		body += fmt.Sprintf("%d %s\n", n, r)
	}
	h := raw{name: "pax", flag: 'x', size: fmt.Sprintf("%011o\x00", len(body))}.block()
	return append(h, pad(body)...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// A scene is a root to unpack into, beside files of the host that nobody may
// touch.
type scene struct {
	top, root, canary string
	before            map[string]string
}

func stage(t *testing.T) *scene {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{top: top, root: filepath.Join(top, "rootfs"), canary: filepath.Join(top, "canary")}
	for _, d := range []string{s.root, s.canary, filepath.Join(s.canary, "sub")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"secret", "sub/key"} {
		if err := os.WriteFile(filepath.Join(s.canary, f), []byte("host "+f), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.before = portrait(t, s.canary)
	t.Cleanup(func() { s.check(t) })
	return s
}

// check holds the canary to what it was, and the top to what it had.
func (s *scene) check(t *testing.T) {
	t.Helper()
	after := portrait(t, s.canary)
	for name, line := range s.before {
		if after[name] != line {
			t.Errorf("canary %s\n have %s\n need %s", name, after[name], line)
		}
	}
	if len(after) != len(s.before) {
		t.Errorf("canary has %d files, need %d", len(after), len(s.before))
	}
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(s.canary, "secret"), &st); err != nil || st.Nlink != 1 {
		t.Errorf("canary has %d links, need 1: %v", st.Nlink, err)
	}
	if left, _ := os.ReadDir(s.top); len(left) != 2 {
		t.Errorf("beside the root is %v, need the canary alone", left)
	}
}

func (s *scene) unpack(t *testing.T, archive []byte, opt tree.Options) error {
	t.Helper()
	return into(t, s.root, bytes.NewReader(archive), opt)
}

func (s *scene) path(name string) string { return filepath.Join(s.root, name) }
