package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// door builds gophertainer into a directory with a gt-oci and a gt-run that
// print how they were called.
func door(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	exe := filepath.Join(dir, "gophertainer")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	script := "#!/bin/sh\necho \"$(basename $0)\" \"$GOPHERTAINER_ROOT\" \"$#\" \"$@\"\nexit 7\n"
	for _, name := range []string{"gt-oci", "gt-run"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return exe
}

func call(t *testing.T, exe string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	c := exec.Command(exe, args...)
	c.Env = []string{"GOPHERTAINER_ROOT=/elsewhere", "PATH=/usr/bin:/bin"}
	c.Stdout, c.Stderr = &o, &e
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return o.String(), e.String(), c.ProcessState.ExitCode()
}

func TestDoor(t *testing.T) {
	exe := door(t)
	for _, c := range []struct {
		args           []string
		stdout, stderr string
		code           int
	}{
		{[]string{"create", "a b", "", "--x"}, "gt-oci /elsewhere 4 create a b  --x\n", "", 7},
		{[]string{"--name", "c", "--", "ls"}, "gt-run /elsewhere 4 --name c -- ls\n", "", 7},
		{[]string{"checkpoint", "c"}, "", "gophertainer: gt-ckpt is not installed beside " + exe + "\n", 1},
		{[]string{"plugin", "list"}, "", "gophertainer: gt-plugin is not installed beside " + exe + "\n", 1},
		{[]string{"help"}, text, "", 0},
		{nil, "", text, 2},
	} {
		o, e, code := call(t, exe, c.args...)
		if o != c.stdout || e != c.stderr || code != c.code {
			t.Errorf("%q: have %q, %q, %d, need %q, %q, %d", c.args, o, e, code, c.stdout, c.stderr, c.code)
		}
	}
	long := strings.Repeat("x", 100_000)
	if o, _, _ := call(t, exe, "state", long); !strings.Contains(o, long) {
		t.Error("a long argument is cut")
	}
	if err := os.Remove(filepath.Join(filepath.Dir(exe), "gt-run")); err != nil {
		t.Fatal(err)
	}
	if _, e, code := call(t, exe, "-it", "sh"); code != 125 || !strings.Contains(e, "gt-run is not installed") {
		t.Errorf("have %q, %d, need a sentence and 125", e, code)
	}
}

// The front door stands in every call of an engine: nothing heavy may be in it.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		switch p {
		case "os", "fmt", "reflect", "strings":
			t.Errorf("imports %s", p)
		}
	}
}
