package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A house is a directory with a gt-run that was just built, the tools beside
// it, and its own data and state directories.
type house struct {
	dir, root string
	env       []string
}

var (
	workshop string
	built    = sync.OnceValue(func() string {
		path := filepath.Join(workshop, "gt-run")
		c := exec.Command("go", "build", "-o", workshop+"/", ".", "../gt-init") // of one stamp
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("build: %v\n%s", err, out))
		}
		return path
	})
)

func TestMain(m *testing.M) {
	var err error
	if workshop, err = os.MkdirTemp("", "gt-run-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(workshop)
	os.Exit(code)
}

func build(t *testing.T) *house {
	t.Helper()
	h := &house{dir: t.TempDir(), root: t.TempDir()}
	text, err := os.ReadFile(built())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.file("gt-run"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	h.env = []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SECRET=1", "TZ=UTC",
		"GOPHERTAINER_DATA=" + h.file("data"), "GOPHERTAINER_ROOT=" + h.file("state"),
	}
	return h
}

func (h *house) file(name string) string { return filepath.Join(h.dir, name) }

func (h *house) script(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(h.file(name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (h *house) command(args ...string) *exec.Cmd {
	c := exec.Command(h.file("gt-run"), args...)
	c.Env = h.env
	return c
}

func (h *house) run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	c := h.command(args...)
	c.Stdout, c.Stderr = &o, &e
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return o.String(), e.String(), c.ProcessState.ExitCode()
}

// empty fails if a bundle is left.
func (h *house) empty(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(h.file("data/bundles"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range left {
		t.Errorf("left: %s", e.Name())
		os.RemoveAll(h.file("data/bundles/" + e.Name()))
	}
}

// fake is a gt-oci that knows no container, and whose run is the given script
// with the log's path as $log and the bundle as $bundle.
func fake(t *testing.T, run string) *house {
	t.Helper()
	h := build(t)
	h.script(t, "gt-seccomp", `echo '{"defaultAction":"SCMP_ACT_ALLOW"}'`)
	h.script(t, "gt-oci", `while [ $# -gt 0 ]; do case $1 in
--log) log=$2; shift;; --bundle) bundle=$2; shift;;
state) echo 'gt-oci: state: container "x" does not exist' >&2; exit 1;;
delete) echo deleted; exit 1;; esac; shift; done
`+run)
	return h
}

func TestVerdict(t *testing.T) {
	for run, want := range map[string]int{
		"exit 0":   0,
		"exit 1":   1,
		"exit 7":   7,
		"exit 137": 137,
		`echo '{"level":"error","msg":"m","code":"exec-no-such"}' >>$log; exit 1`:                 127,
		`echo '{"level":"error","msg":"m","code":"exec"}' >>$log; exit 1`:                         126,
		`echo '{"level":"error","msg":"m","code":"spec"}' >>$log; exit 2`:                         125,
		`echo '{"level":"error","msg":"m"}' >>$log; exit 1`:                                       125,
		`echo '{"level":"warning","msg":"careful"}' >>$log; exit 1`:                               1,
		`echo '{"level":"error","msg":"late"}' >>$log; exit 9`:                                    9,
		`echo 'no JSON' >>$log; exit 2`:                                                           2,
		`rm -rf $bundle; echo '{"level":"error","msg":"m","code":"exec-no-such"}' >>$log; exit 1`: 127,
		"kill -9 $$": 137,
		"kill $$":    143,
	} {
		h := fake(t, run)
		_, stderr, code := h.run(t, "--debug", "--name", "x", "--rm", "--rootfs", h.root, "--", "cmd")
		if code != want {
			t.Errorf("%s: have %d (%s), need %d", run, code, stderr, want)
		}
		if strings.Contains(run, "kill") && !strings.Contains(stderr, "gt-oci was ended by signal") {
			t.Errorf("%s: %s", run, stderr)
		}
		if strings.Contains(run, "careful") && stderr != "gt-oci: warning: careful\n" {
			t.Errorf("%s: %s", run, stderr)
		}
		h.empty(t)
	}
}

func TestDetachedFailure(t *testing.T) {
	h := fake(t, "exit 0")
	h.script(t, "gt-mon", `while [ $1 != --log ]; do shift; done; echo '{"level":"error","msg":"mount /x: no","code":"step"}' >>$2; exit 1`)
	stdout, stderr, code := h.run(t, "--name", "x", "-d", "--rootfs", h.root, "--", "cmd")
	if stdout != "" || stderr != "gt-run: mount /x: no\n" || code != 125 {
		t.Errorf("have %q, %q, %d", stdout, stderr, code)
	}
	h.empty(t)
}

func TestMissing(t *testing.T) {
	h := build(t)
	for _, tool := range []string{"gt-oci", "gt-seccomp"} {
		_, stderr, code := h.run(t, "--debug", "--rootfs", h.root, "--", "cmd")
		if code != 125 || !strings.Contains(stderr, "gt-run: "+tool+" is not installed beside "+h.file("gt-run")) {
			t.Errorf("have %q, %d, need %s missing", stderr, code, tool)
		}
		h.script(t, tool, "exit 0")
	}
	h.empty(t)
}

// A failing tool's sentence is ours, and nothing is left.
func TestUnpackFails(t *testing.T) {
	h := fake(t, "exit 0")
	archive := h.file("a.tar")
	if err := os.WriteFile(archive, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.script(t, "gt-rootfs", "echo gt-rootfs: unpack $4: is no archive >&2; exit 1")
	_, stderr, code := h.run(t, "--rootfs", archive, "--", "cmd")
	if want := "gt-run: gt-rootfs: unpack " + archive + ": is no archive\n"; stderr != want || code != 125 {
		t.Errorf("have %q, %d, need %q", stderr, code, want)
	}
	h.empty(t)
}

func TestDryRun(t *testing.T) {
	h := build(t)
	stdout, stderr, code := h.run(t, "--dry-run", "--name", "x", "--rootfs", "tiny", "-u", "gopher", "--", "echo", "it's")
	for _, want := range []string{
		"# bundle " + h.file("data/bundles/x"), "gt-rootfs unpack --id x tiny " + h.file("data/bundles/x"),
		"gt-seccomp default", "gt-oci --root " + h.file("state") + " --log", `"username": "gopher"`, `"it's"`,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("have %s, need %s", stdout, want)
		}
	}
	if stderr != "" || code != 0 {
		t.Errorf("have %q, %d", stderr, code)
	}
	h.empty(t)
}

func TestPoststop(t *testing.T) {
	h := fake(t, "exit 0")
	if _, stderr, code := h.run(t, "--name", "x", "--rootfs", h.root, "--", "cmd"); code != 0 {
		t.Fatal(stderr)
	}
	hook := func(state string) error {
		c := h.command()
		c.Args[0] = "gt-run-poststop"
		c.Stdin = strings.NewReader(state)
		return c.Run()
	}
	path := h.file("data/bundles/x")
	for _, state := range []string{
		"", "{}", `{"id":"x","bundle":"` + h.root + `"}`, `{"id":"y","bundle":"` + path + `"}`,
		`{"id":"x","bundle":"` + path + `/../x"}`,
	} {
		if hook(state) == nil {
			t.Errorf("%s was accepted", state)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if err := hook(`{"ociVersion":"1.3.0","id":"x","status":"stopped","bundle":"` + path + `"}`); err != nil {
		t.Error(err)
	}
	h.empty(t)
	if err := hook(`{"id":"x","bundle":"` + path + `"}`); err != nil {
		t.Errorf("again: %v", err)
	}
}
