package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// layer packs "dir/", "file", "link -> target" and "hard => target"; a mode
// may follow in octal after a comma.
func layer(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, n := range names {
		h := &tar.Header{Name: n, Mode: 0o644, Typeflag: tar.TypeReg}
		if name, mode, ok := strings.Cut(n, ","); ok {
			_, err := fmt.Sscanf(mode, "%o", &h.Mode)
			h.Name = name
			if err != nil {
				t.Fatal(err)
			}
		} else if strings.HasSuffix(n, "/") {
			h.Mode = 0o755
		}
		if from, to, ok := strings.Cut(n, " -> "); ok {
			h.Name, h.Linkname, h.Typeflag = from, to, tar.TypeSymlink
		} else if from, to, ok := strings.Cut(n, " => "); ok {
			h.Name, h.Linkname, h.Typeflag = from, to, tar.TypeLink
		} else if strings.HasSuffix(h.Name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// layout writes an OCI layout.
func layout(t *testing.T, config string, layers ...[]byte) string {
	t.Helper()
	return compressed(t, config, layers, layers)
}

// compressed is layout with layers that are packed otherwise than they are.
func compressed(t *testing.T, config string, plain, layers [][]byte) string {
	t.Helper()
	dir := t.TempDir()
	blob := func(data []byte) (digest string, size int) {
		sum := sha256.Sum256(data)
		name := hex.EncodeToString(sum[:])
		write(t, filepath.Join(dir, "blobs/sha256", name), data)
		return "sha256:" + name, len(data)
	}
	var ids, list []string
	for i, l := range layers {
		d, n := blob(l)
		ids = append(ids, fmt.Sprintf(`"sha256:%x"`, sha256.Sum256(plain[i])))
		list = append(list, fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":%q,"size":%d}`, d, n))
	}
	d, n := blob(fmt.Appendf(nil, `{"config":%s,"rootfs":{"type":"layers","diff_ids":[%s]}}`, config, strings.Join(ids, ",")))
	d, n = blob(fmt.Appendf(nil, `{"config":{"digest":%q,"size":%d},"layers":[%s]}`, d, n, strings.Join(list, ",")))
	write(t, filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`))
	write(t, filepath.Join(dir, "index.json"), fmt.Appendf(nil, `{"manifests":[{"digest":%q,"size":%d}]}`, d, n))
	return dir
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// source is the content of a layout, with a store of its own.
func source(t *testing.T, dir string) *content {
	t.Helper()
	files, err := image.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	img, err := image.Open(files, image.Choice{Platform: image.Host()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &content{image: img, store: func() (*store.Store, error) { return s, nil }}
}

// names lists all below a directory, directories with their mode.
func names(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, p)
		if e.IsDir() {
			info, err := e.Info()
			if err != nil {
				return err
			}
			name += fmt.Sprintf(",%o", info.Mode().Perm())
			if name == ".,755" {
				return nil
			}
		}
		list = append(list, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestLayers holds the two forms to each other: all layers in one directory,
// and each for itself below an overlay.
//
//house:table
func TestLayers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	defer unix.Umask(unix.Umask(0))
	for name, c := range map[string]struct {
		layers [][]string
		want   string
		below  bool // cannot be kept apart
	}{
		"whiteout-file":        {[][]string{{"a", "b"}, {".wh.a"}}, "b", false},
		"whiteout-directory":   {[][]string{{"d/", "d/x/", "d/x/y", "e"}, {".wh.d"}}, "e", false},
		"whiteout-of-nothing":  {[][]string{{"a"}, {".wh.b"}}, "a", false},
		"opaque":               {[][]string{{"d/", "d/a", "d/s/", "d/s/b"}, {"d/", "d/.wh..wh..opq", "d/c"}}, "d,755 d/c", false},
		"opaque-after-files":   {[][]string{{"d/", "d/a", "d/s/", "d/s/b"}, {"d/", "d/s/", "d/s/c", "d/.wh..wh..opq"}}, "d,755 d/s,755 d/s/c", false},
		"opaque-root":          {[][]string{{"a", "d/", "d/b"}, {".wh..wh..opq", "c"}}, "c", false},
		"whiteout-same-layer":  {[][]string{{"a"}, {".wh.a", "a"}}, "a", false},
		"whiteout-after-file":  {[][]string{{"a"}, {"a", ".wh.a"}}, "a", false},
		"whiteout-then-dir":    {[][]string{{"d/", "d/old"}, {".wh.d", "d/", "d/new"}}, "d,755 d/new", false},
		"dir-then-whiteout":    {[][]string{{"d/", "d/old"}, {"d/", "d/new", ".wh.d"}}, "d,755 d/new", false},
		"first-layer-whiteout": {[][]string{{"a", ".wh.b", "b"}}, "a b", false},
		"file-over-directory":  {[][]string{{"d/", "d/a"}, {"d"}}, "d", false},
		"link-over-directory":  {[][]string{{"d/", "d/a", "e"}, {"d -> e"}}, "d e", false},
		"directory-over-file":  {[][]string{{"d"}, {"d/", "d/a"}}, "d,755 d/a", false},
		"implied-directory":    {[][]string{{"d/,0700", "d/a"}, {"d/b"}}, "d,700 d/a d/b", false},
		"implied-deep":         {[][]string{{"d/,0711", "d/e/,0500"}, {"x"}, {"d/e/f"}}, "d,711 d/e,500 d/e/f x", false},
		"implied-removed":      {[][]string{{"d/,0700"}, {".wh.d"}, {"d/b"}}, "d,755 d/b", false},
		"aufs-notes":           {[][]string{{"a"}, {".wh..wh.plnk", ".wh..wh.aufs"}}, "a", false},
		"root":                 {[][]string{{"./,0711", "a"}, {"b"}}, ".,711 a b", false},
		"root-again":           {[][]string{{"./,0711", "a"}, {"./,0700"}, {"b"}, {"c"}}, ".,700 a b c", false},
		"hardlink":             {[][]string{{"a", "b => a"}, {".wh.a"}}, "b", false},
		"hardlink-below":       {[][]string{{"a"}, {"b => a"}}, "a b", true},
		"through-a-link":       {[][]string{{"usr/", "usr/lib/", "lib -> usr/lib"}, {"lib/x"}}, "lib usr,755 usr/lib,755 usr/lib/x", true},
		"many":                 {[][]string{{"a"}, {"b"}, {"c"}, {".wh.a"}, {"d"}, {".wh.d"}, {"e"}, {"a"}}, "a b c e", false},
		"same-twice":           {[][]string{{"a"}, {".wh.a"}, {"a"}}, "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			var list [][]byte
			for _, l := range c.layers {
				list = append(list, layer(t, l...))
			}
			src := source(t, layout(t, "{}", list...))
			flat := filepath.Join(t.TempDir(), "rootfs")
			if err := os.Mkdir(flat, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := src.Fill(t.Context(), flat); err != nil {
				t.Fatal(err)
			}
			if have := names(t, flat); have != c.want {
				t.Errorf("in one directory: have %s, need %s", have, c.want)
			}
			dirs, err := src.Lower(t.Context())
			if c.below {
				if !errors.Is(err, tree.ErrBelow) {
					t.Errorf("have %v, need %v", err, tree.ErrBelow)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if have := merged(t, dirs); have != c.want {
				t.Errorf("below an overlay: have %s, need %s", have, c.want)
			}
		})
	}
}

func merged(t *testing.T, dirs []string) string {
	t.Helper()
	over := t.TempDir()
	if err := errors.Join(os.Mkdir(over+"/rootfs", 0o755)); err != nil {
		t.Fatal(err)
	}
	r := &bundle.Record{Source: "image", Driver: "overlay", Lower: dirs}
	if err := driver.Mount(over, r); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := driver.Unmount(over, r); err != nil {
			t.Error(err)
		}
	}()
	return names(t, over+"/rootfs")
}

// TestWrongContent: nothing that has another digest is ever unpacked.
func TestWrongContent(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := layout(t, "{}", layer(t, "a"), layer(t, "b"))
	blobs, err := filepath.Glob(dir + "/blobs/sha256/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blobs {
		data, err := os.ReadFile(b)
		if err != nil {
			t.Fatal(err)
		}
		if json.Valid(data) {
			continue
		}
		data[len(data)-1]++ // behind the end mark: still a legal archive
		write(t, b, data)
		src := source(t, dir)
		rootfs := filepath.Join(t.TempDir(), "rootfs")
		if err := os.Mkdir(rootfs, 0o755); err != nil {
			t.Fatal(err)
		}
		for form, err := range map[string]error{"flat": src.Fill(t.Context(), rootfs), "layers": lower(t, src)} {
			if err == nil || !strings.Contains(err.Error(), "digest") {
				t.Errorf("%s: have %v, need a refusal that names the digest", form, err)
			}
		}
		data[len(data)-1]--
		write(t, b, data)
	}
}

func lower(t *testing.T, c *content) error {
	_, err := c.Lower(t.Context())
	return err
}
