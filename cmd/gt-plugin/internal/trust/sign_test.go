package trust

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"
)

// signed makes a directory with plugin p, signed, and a trust store that has
// the key.
func signed(t *testing.T, content string) (dir, keys string, private minisign.PrivateKey) {
	t.Helper()
	dir, keys = t.TempDir(), t.TempDir()
	for _, d := range []string{dir, keys} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := public.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(keys, "vendor.pub"), "untrusted comment: minisign public key\n"+lastLine(string(text))+"\n", 0o644)
	write(t, filepath.Join(dir, "p"), content, 0o755)
	write(t, filepath.Join(dir, "p.minisig"), string(minisign.Sign(private, []byte(content))), 0o644)
	return dir, keys, private
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func TestSignature(t *testing.T) {
	_, other, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, err string
		spoil     func(dir, keys string)
	}{
		{"good", "", func(string, string) {}},
		{"no signature", "have no signature", func(dir, _ string) { os.Remove(dir + "/p.minisig") }},
		{"file changed", "does not fit the file", func(dir, _ string) { write(t, dir+"/p", "#!/bin/sh\nevil\n", 0o755) }},
		{"no key", "which is not in", func(_, keys string) { os.Remove(keys + "/vendor.pub") }},
		{"another's signature", "which is not in", func(dir, _ string) {
			write(t, dir+"/p.minisig", string(minisign.Sign(other, []byte("x"))), 0o644)
		}},
		{"broken signature", "p.minisig: ", func(dir, _ string) { write(t, dir+"/p.minisig", "hello", 0o644) }},
		{"huge signature", "more than", func(dir, _ string) { write(t, dir+"/p.minisig", strings.Repeat("x", 1<<20), 0o644) }},
		{"broken key", "vendor.pub", func(_, keys string) { write(t, keys+"/vendor.pub", "hello", 0o644) }},
		{"key that others may write", "others than its owner", func(_, keys string) { _ = os.Chmod(keys+"/vendor.pub", 0o666) }},
		{"store that others may write", "others than its owner", func(_, keys string) { _ = os.Chmod(keys, 0o777) }},
		{"link as signature", "symlink", func(dir, _ string) {
			os.Rename(dir+"/p.minisig", dir+"/s")
			os.Symlink("s", dir+"/p.minisig")
		}},
	} {
		dir, keys, _ := signed(t, "#!/bin/sh\n")
		c.spoil(dir, keys)
		f, err := Find("p", []string{"/nonexistent", dir}, Signed)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		err = f.Verify(keys)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: have %v, need %q", c.name, err, c.err)
		}
		if (f.SignedBy != "") != (err == nil) {
			t.Errorf("%s: signed by %q", c.name, f.SignedBy)
		}
	}
}
