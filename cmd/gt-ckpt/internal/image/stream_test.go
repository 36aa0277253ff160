package image

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample makes a checkpoint of two rounds and returns its directory.
func sample(t testing.TB) (string, *Manifest) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"checkpoint/inventory.img": "inventory", "checkpoint/pages-1.img": strings.Repeat("page", 1000),
		"round-1/pages-1.img": "first", "round-2/pages-1.img": "second", "round-2/dump.log": "not sent",
		SpecName: "{}", ConfigName: "{}",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := &Manifest{Format: Format, Name: "x", Container: "x", Rounds: 2}
	if err := Seal(dir, m); err != nil {
		t.Fatal(err)
	}
	return dir, m
}

func TestRoundsGoAhead(t *testing.T) {
	dir, m := sample(t)
	var out bytes.Buffer
	p, err := NewPacker(&out, &Sealing{})
	if err != nil {
		t.Fatal(err)
	}
	for _, below := range []string{"round-1", "round-2", ""} {
		files, err := Describe(dir, below)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Add(dir, files); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Finish(m); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	got, err := Unpack(&out, to, &Opening{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Files) != len(m.Files) || got.Files[0].Name != "round-1/pages-1.img" {
		t.Errorf("have %v, need the %d of the manifest, rounds first", got.Files, len(m.Files))
	}
	// CRIU goes back by these.
	for link, want := range map[string]string{"checkpoint/parent/pages-1.img": "second", "checkpoint/parent/parent/pages-1.img": "first"} {
		if b, err := os.ReadFile(filepath.Join(to, link)); err != nil || string(b) != want {
			t.Errorf("%s: have %q, %v, need %q", link, b, err, want)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	dir, m := sample(t)
	var whole bytes.Buffer
	if err := Pack(&whole, dir, m, &Sealing{}); err != nil {
		t.Fatal(err)
	}
	pub, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		stream []byte
		how    Opening
		say    string
	}{
		"nothing":    {nil, Opening{}, "have nothing"},
		"cut":        {whole.Bytes()[:whole.Len()/2], Opening{}, "ends too early"},
		"text":       {[]byte("this is no checkpoint at all, but long enough to be looked at as one"), Opening{}, ""},
		"unsigned":   {whole.Bytes(), Opening{Trusted: pub}, "not signed"},
		"encrypted":  {append([]byte("age-encryption.org/v1\n"), whole.Bytes()...), Opening{}, "is encrypted"},
		"link":       {archive(t, &tar.Header{Typeflag: tar.TypeSymlink, Name: "checkpoint/core-1.img", Linkname: "/etc/shadow"}), Opening{}, "no regular file"},
		"outside":    {archive(t, &tar.Header{Typeflag: tar.TypeReg, Name: "../evil.img"}), Opening{}, "has a member"},
		"deep":       {archive(t, &tar.Header{Typeflag: tar.TypeReg, Name: "checkpoint/../../evil.img"}), Opening{}, "has a member"},
		"absolute":   {archive(t, &tar.Header{Typeflag: tar.TypeReg, Name: "/etc/evil.img"}), Opening{}, "has a member"},
		"twice":      {archive(t, &tar.Header{Typeflag: tar.TypeReg, Name: "checkpoint/a-1.img"}, &tar.Header{Typeflag: tar.TypeReg, Name: "checkpoint/a-1.img"}), Opening{}, "twice"},
		"unlisted":   {archive(t, &tar.Header{Typeflag: tar.TypeReg, Name: "checkpoint/a-1.img"}), Opening{}, "has no manifest.json"},
		"parentlink": {archive(t, &tar.Header{Typeflag: tar.TypeSymlink, Name: "checkpoint/parent", Linkname: "/"}), Opening{}, "no regular file"},
	} {
		_, err := Unpack(bytes.NewReader(x.stream), t.TempDir(), &x.how)
		if err == nil || !strings.Contains(err.Error(), x.say) {
			t.Errorf("%s: have %v, need %q", name, err, x.say)
		}
	}
}

func archive(t testing.TB, headers ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzUnpack(f *testing.F) {
	dir, m := sample(f)
	var whole bytes.Buffer
	if err := Pack(&whole, dir, m, &Sealing{}); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(archive(f, &tar.Header{Typeflag: tar.TypeReg, Name: "checkpoint/a-1.img"}))
	f.Fuzz(func(t *testing.T, stream []byte) {
		base := t.TempDir()
		to := filepath.Join(base, "to")
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		_, _ = Unpack(bytes.NewReader(stream), to, &Opening{})
		if names, err := os.ReadDir(base); err != nil || len(names) != 1 {
			t.Errorf("left its directory: %v, %v", names, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"format":1,"files":[{"name":"checkpoint/core-1.img"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		for _, x := range m.Files {
			if strings.Contains(x.Name, "..") && strings.Contains(x.Name, "/../") || strings.HasPrefix(x.Name, "/") {
				t.Errorf("took %q", x.Name)
			}
		}
	})
}
