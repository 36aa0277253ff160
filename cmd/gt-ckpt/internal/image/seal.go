package image

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Seal lists the members of a directory in the manifest and writes it. Memory
// pages get no digest: see File. CRIU goes on to write its log and statistics.
func Seal(dir string, m *Manifest) (err error) {
	if m.Files, err = Describe(dir, ""); err != nil {
		return err
	}
	return Rewrite(dir, m)
}

// Describe lists the members of a checkpoint's directory below one of its own,
// "" for all.
func Describe(dir, below string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(filepath.Join(dir, below), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		base := filepath.Base(name)
		if name == ManifestName || base == LogName || base == StatsName || CheckName(name) != nil {
			return nil
		}
		f, err := describe(path, name)
		if err == nil {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

// Rewrite replaces the manifest of a directory at once.
func Rewrite(dir string, m *Manifest) error {
	b, err := m.Encode()
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, "."+ManifestName)
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, ManifestName))
}

// pages: the members that are large.
func pages(name string) bool {
	return strings.HasPrefix(filepath.Base(name), "pages-")
}

func describe(path, name string) (File, error) {
	f, err := open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	out := File{Name: name, Size: st.Size()}
	if pages(name) {
		return out, nil
	}
	out.SHA256, err = digest(f)
	return out, err
}

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

func digest(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Verify holds a directory against its manifest: every member is there, has its
// size and, where there is one, its digest; and there are no images beside them.
func Verify(dir string, m *Manifest) error {
	listed := map[string]bool{}
	for _, want := range m.Files {
		listed[want.Name] = true
		if err := verifyFile(filepath.Join(dir, want.Name), want); err != nil {
			return err
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if strings.HasSuffix(name, ".img") && !listed[name] {
			return fail.New(fail.CodeUnsafe, "checkpoint has %s, which its manifest does not list", name)
		}
		return nil
	})
}

func verifyFile(path string, want File) error {
	f, err := open(path)
	if os.IsNotExist(err) {
		return fail.New(fail.CodeInput, "checkpoint lacks %s", want.Name)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return fail.New(fail.CodeUnsafe, "%s is no regular file", want.Name)
	}
	if st.Size() != want.Size {
		return fail.New(fail.CodeInput, "%s has %d bytes, need %d", want.Name, st.Size(), want.Size)
	}
	if want.SHA256 == "" {
		return nil
	}
	sum, err := digest(f)
	if err == nil && sum != want.SHA256 {
		err = fail.New(fail.CodeInput, "%s was changed: its digest is %s, need %s", want.Name, short(sum), short(want.SHA256))
	}
	return err
}

func short(sum string) string {
	if len(sum) > 12 {
		return sum[:12]
	}
	return sum
}
