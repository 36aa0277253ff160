package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// bundle makes a bundle with a config and one program in its root.
func bundle(t testing.TB, config string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "rootfs/bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "config.json")
	for name, text := range map[string]string{file: config, filepath.Join(dir, "rootfs/bin/sh"): ""} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, file
}

func pointers(found []Finding, level string) string {
	var all []string
	for _, f := range found {
		if f.Level == level {
			all = append(all, f.Pointer)
		}
	}
	return strings.Join(all, " ")
}

func TestBundle(t *testing.T) {
	plain := string(spec.Default())
	for _, c := range []struct{ config, errors, warnings string }{
		{plain, "", ""},
		{strings.Replace(plain, `"sh"`, `"bin/nothere"`, 1), "/process/args/0", ""},
		{strings.Replace(plain, `"sh"`, `"/proc/self/exe"`, 1), "", ""}, // a mount brings it
		{strings.Replace(plain, `"rootfs"`, `"nothere"`, 1), "/root/path", ""},
		{strings.Replace(plain, `"hostname"`, `"hostnaem"`, 1), "", "/hostnaem"},
		{strings.Replace(plain, `"cwd": "/"`, `"cwd": "x", "commandLine": "y"`, 1), "/process/cwd", "/process/commandLine"},
		{`{"ociVersion":"1.3.0","process":{"args":true}}`, "/process/args", ""},
		{`{`, "", ""},
	} {
		dir, file := bundle(t, c.config)
		found, err := Bundle(dir, file, false)
		if err != nil {
			t.Fatal(err)
		}
		var warnings []string
		for w := range strings.FieldsSeq(pointers(found, Warning)) {
			if !strings.HasPrefix(w, "/process/capabilities") { // what the caller holds
				warnings = append(warnings, w)
			}
		}
		if have := pointers(found, Error); have != c.errors || strings.Join(warnings, " ") != c.warnings {
			t.Errorf("%.60s: have %+v, need %q and %q", c.config, found, c.errors, c.warnings)
		}
	}
}

func TestWrite(t *testing.T) {
	f := Finding{Error, "spec", "/a~1b", `have "x"`}
	var w json.Writer
	f.Write(&w)
	if have := string(w.Bytes()); have != `{"level":"error","code":"spec","pointer":"/a~1b","message":"have \"x\""}` {
		t.Errorf("have %s", have)
	}
	if f.Line() != "error: /a~1b: have \"x\"\n" {
		t.Errorf("have %q", f.Line())
	}
}

func TestKilobytes(t *testing.T) {
	for text, want := range map[string]uint64{"64KB": 64, "2MB": 2048, "1GB": 1 << 20, "": 0, "2": 0, "xMB": 0} {
		if have := kilobytes(text); have != want {
			t.Errorf("%q: have %d, need %d", text, have, want)
		}
	}
}

// FuzzBundle: no config makes lint fail or panic.
func FuzzBundle(f *testing.F) {
	f.Add(string(spec.Default()))
	f.Add(`{"linux":{"namespaces":[{"type":"pid","path":"/dev/null"}],"seccomp":{"syscalls":[{}]},"sysctl":{"a":"b"}},"hooks":{"startContainer":[{}]}}`)
	f.Add(`{"process":{"args":["../../x"],"capabilities":{"ambient":["x"]},"rlimits":[{}]},"root":{"path":"rootfs"},"mounts":[{"options":["bind"]},{}]}`)
	dir, file := bundle(f, "")
	f.Fuzz(func(t *testing.T, config string) {
		if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Bundle(dir, file, false); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	})
}
