package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A fake is a layout under construction.
type fake struct {
	t   *testing.T
	dir string
}

func begin(t *testing.T) *fake {
	f := &fake{t, t.TempDir()}
	f.file("oci-layout", `{"imageLayoutVersion":"1.0.0"}`)
	if err := os.MkdirAll(filepath.Join(f.dir, "blobs/sha256"), 0o755); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fake) file(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// blob writes one and returns its descriptor, with more members.
func (f *fake) blob(text, more string) string {
	sum := sha256.Sum256([]byte(text))
	name := hex.EncodeToString(sum[:])
	f.file("blobs/sha256/"+name, text)
	return fmt.Sprintf(`{"digest":"sha256:%s","size":%d%s}`, name, len(text), more)
}

func (f *fake) index(list ...string) *fake {
	f.file("index.json", `{"manifests":[`+strings.Join(list, ",")+`]}`)
	return f
}

func (f *fake) config(layers int) string {
	var ids []string
	for i := range layers {
		ids = append(ids, fmt.Sprintf(`"sha256:%064x"`, i))
	}
	return f.blob(`{"rootfs":{"diff_ids":[`+strings.Join(ids, ",")+`]}}`, "")
}

func (f *fake) open(c Choice) (*Image, error) {
	files, err := OpenFiles(f.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	defer files.Close()
	if c.Platform == (Platform{}) {
		c.Platform = Host()
	}
	return Open(files, c)
}

const zero = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

// TestHostileLayout: every document that lies is refused with a sentence.
//
//house:table
func TestHostileLayout(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(`{"manifests":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		make func(f *fake)
		want string
	}{
		"no-index":         {func(*fake) {}, "no such file"},
		"empty-index":      {func(f *fake) { f.index() }, "names no image"},
		"version":          {func(f *fake) { f.file("oci-layout", `{"imageLayoutVersion":"2.0.0"}`) }, "need 1.0.0"},
		"not-json":         {func(f *fake) { f.file("index.json", "<html>") }, "read index.json"},
		"index-of-4-mib":   {func(f *fake) { f.file("index.json", strings.Repeat(" ", maxDocument+1)) }, "more than"},
		"index-of-nothing": {func(f *fake) { f.file("index.json", `{"manifests":[{}`+strings.Repeat(",{}", maxMembers+1)+`]}`) }, "members, need at most"},
		"index-is-a-link":  {func(f *fake) { must(t, os.Symlink(secret, filepath.Join(f.dir, "index.json"))) }, "no such file"},
		"index-is-a-fifo":  {func(f *fake) { must(t, unix.Mkfifo(filepath.Join(f.dir, "index.json"), 0o600)) }, "no regular file"},
		"digest-is-a-path": {func(f *fake) { f.index(`{"digest":"sha256:../../../secret","size":5}`) }, "hexadecimal"},
		"digest-md5":       {func(f *fake) { f.index(`{"digest":"md5:00","size":5}`) }, "need sha256"},
		"digest-wrong": {func(f *fake) {
			f.index(strings.Replace(f.blob("{}", ""), `:"sha256:`, `:"sha256:`, 1))
			f.breakBlobs("[]")
		}, "has digest"},
		"longer":         {func(f *fake) { f.index(f.blob("{}", "")); f.breakBlobs("{}x") }, "longer than"},
		"shorter":        {func(f *fake) { f.index(f.blob("{} ", "")); f.breakBlobs("{}") }, "cut off"},
		"size-of-a-tera": {func(f *fake) { f.index(`{"digest":"` + zero + `","size":1099511627776}`) }, "need 0 to"},
		"size-negative": {func(f *fake) {
			f.index(f.blob(`{"config":`+f.config(1)+`,"layers":[{"digest":"`+zero+`","size":-1}]}`, ""))
		}, "-1 bytes"},
		"manifest-is-index": {func(f *fake) { f.index(f.blob(`{"config":`+f.config(0)+`,"manifests":[`+f.blob("{}", "")+`]}`, "")) }, "is an index too"},
		"type-mismatch":     {func(f *fake) { f.index(f.blob(`{"mediaType":"a/b","config":`+f.config(0)+`}`, `,"mediaType":"c/d"`)) }, "its descriptor"},
		"too-few-diffs":     {func(f *fake) { f.index(f.blob(`{"config":`+f.config(0)+`,"layers":[{"digest":"`+zero+`"}]}`, "")) }, "config has 0 layers"},
		"encrypted": {func(f *fake) {
			f.index(f.blob(`{"config":`+f.config(1)+`,"layers":[{"digest":"`+zero+`","mediaType":"x+encrypted"}]}`, ""))
		}, "not encrypted"},
		"layer-path": {func(f *fake) {
			f.index(f.blob(`{"config":`+f.config(1)+`,"layers":[{"digest":"sha256:/etc/passwd"}]}`, ""))
		}, "hexadecimal"},
		"nested-for-ever": {func(f *fake) { f.nest(9) }, "more than 4 deep"},
		"two-images": {func(f *fake) {
			f.index(f.blob(`{"config":`+f.config(0)+`}`, ""), f.blob(`{"config":`+f.config(0)+` }`, ""))
		}, "--image takes one"},
		"other-platform":    {func(f *fake) { f.index(f.blob("{}", `,"platform":{"os":"plan9","architecture":"mips"}`)) }, "there is plan9/mips"},
		"only-attestations": {func(f *fake) { f.index(f.blob("{}", `,"platform":{"os":"unknown","architecture":"unknown"}`)) }, "names no image"},
	} {
		t.Run(name, func(t *testing.T) {
			f := begin(t)
			c.make(f)
			if img, err := f.open(Choice{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("have %v, %v, need %q", img, err, c.want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// breakBlobs gives every blob another content.
func (f *fake) breakBlobs(text string) {
	list, err := filepath.Glob(f.dir + "/blobs/sha256/*")
	must(f.t, err)
	for _, b := range list {
		must(f.t, os.WriteFile(b, []byte(text), 0o644))
	}
}

func (f *fake) nest(deep int) {
	const kind = `,"mediaType":"application/vnd.oci.image.index.v1+json"`
	d := f.blob(`{"manifests":[]}`, kind)
	for range deep {
		d = f.blob(`{"manifests":[`+d+`]}`, kind)
	}
	f.index(d)
}

// TestPlatforms: an index gives the image for the machine, the one that asks
// least of it.
func TestPlatforms(t *testing.T) {
	f := begin(t)
	var list []string
	for i, p := range []string{"linux/s390x", "linux/amd64/v3", "linux/amd64", "linux/arm/v7", "linux/arm/v6"} {
		w := strings.Split(p+"/", "/")
		config := f.blob(fmt.Sprintf(`{"n":%d,"os":%q,"architecture":%q,"variant":%q,"rootfs":{"diff_ids":[]}}`, i, w[0], w[1], w[2]), "")
		list = append(list, f.blob(`{"config":`+config+`}`, fmt.Sprintf(`,"platform":{"os":%q,"architecture":%q,"variant":%q}`, w[0], w[1], w[2])))
	}
	inner := f.blob(`{"manifests":[`+strings.Join(list, ",")+`]}`, `,"mediaType":"application/vnd.oci.image.index.v1+json"`)
	f.index(inner)
	for ask, want := range map[string]string{
		"linux/amd64": "linux/amd64", "linux/amd64/v3": "linux/amd64/v3", "linux/arm": "linux/arm/v6", "linux/arm/v7": "linux/arm/v7", "linux/s390x": "linux/s390x",
	} {
		p, err := ParsePlatform(ask)
		must(t, err)
		img, err := f.open(Choice{Platform: p})
		if err != nil {
			if ask != "linux/amd64/v3" {
				t.Errorf("%s: %v", ask, err)
			}
			continue
		}
		if have := img.Config.Platform.String(); have != want {
			t.Errorf("%s: have %s, need %s", ask, have, want)
		}
	}
}

// TestUsers is the row of user names that make other runtimes root by accident.
func TestUsers(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "etc"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "etc/passwd"), []byte("root:x:0:0::/:/\napp:x:1000:1001::/:/\n77:x:5:6::/:/\nbad:x::::/:/\nmax:x:4294967295:1::/:/\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "etc/group"), []byte("root:x:0:\nvideo:x:44:app,x\nlog:x:45:app\n88:x:9:\n"), 0o644))
	root, err := unix.Open(dir, unix.O_PATH, 0)
	must(t, err)
	defer unix.Close(root)
	for text, want := range map[string]string{
		"": "0:0 []", "root": "0:0 []", "app": "1000:1001 [44 45]", "1000": "1000:1001 [44 45]", "app:video": "1000:44 []", "app:7": "1000:7 []",
		"77": "5:6 []", "1": "1:0 []", "1:1": "1:1 []", "1:88": "1:9 []", "4294967294": "4294967294:0 []",
		"01": "", "1:": "", ":1": "", "-1": "", "4294967295": "", "4294967296": "", "9223372036854775808": "", "nobody": "", "bad": "", "max": "",
		"1:nogroup": "", "+1": "", "0x1": "", " 1": "", "app:4294967295": "",
	} {
		u, err := lookup(root, text)
		have := fmt.Sprintf("%d:%d %v", u.UID, u.GID, u.AdditionalGids)
		if err != nil {
			have = ""
		}
		if have != want {
			t.Errorf("user %q: have %q, %v, need %q", text, have, err, want)
		}
	}
	must(t, os.Remove(filepath.Join(dir, "etc/passwd")))
	must(t, unix.Mkfifo(filepath.Join(dir, "etc/passwd"), 0o600))
	if _, err := lookup(root, "app"); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("fifo: have %v", err)
	}
}

// FuzzLayout: whatever the documents say, an answer comes and nothing outside
// is read.
func FuzzLayout(f *testing.F) {
	f.Add(`{"manifests":[{"digest":"`+zero+`","size":2}]}`, `[{"Config":"x.json","Layers":["../../etc/passwd"]}]`)
	f.Add(`{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json"}]}`, `null`)
	f.Fuzz(func(t *testing.T, index, saved string) {
		l := begin(t)
		l.file("index.json", index)
		l.file("manifest.json", saved)
		if _, err := l.open(Choice{}); err == nil {
			t.Errorf("an image without a blob: %s", index)
		}
		must(t, os.Remove(filepath.Join(l.dir, "oci-layout")))
		img, err := l.open(Choice{})
		if err == nil {
			for i := range img.Layers {
				if r, err := img.Layers[i].Open(); err == nil {
					_, _ = io.Copy(io.Discard, r)
					_ = r.Close()
				}
			}
		}
	})
}

// FuzzConfig: no config makes a process that is half of it.
func FuzzConfig(f *testing.F) {
	f.Add("1:1", "PATH=/x", "/bin/sh", "/")
	f.Add("root\x00", "=", "", "..")
	root, err := unix.Open(f.TempDir(), unix.O_PATH, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, user, env, arg, dir string) {
		c := Config{Config: Process{User: user, Env: []string{env}, Cmd: []string{arg}, WorkingDir: dir}}
		s := &specs.Spec{Process: &specs.Process{Env: []string{"PATH=/bin"}}}
		err := c.Apply(s, root)
		if err != nil {
			return
		}
		if !strings.HasPrefix(s.Process.Cwd, "/") || strings.Contains(strings.Join(s.Process.Env, ""), "\x00") || s.Process.User.UID == 1<<32-1 {
			t.Errorf("%+v", s.Process)
		}
		if user != "" && s.Process.User.UID == 0 && user != "0" && !strings.HasPrefix(user, "0:") {
			t.Errorf("user %q is root", user)
		}
	})
}
