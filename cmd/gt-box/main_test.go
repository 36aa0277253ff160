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

// box is the directory with the binary under test and a link for each applet.
var box string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gt-box")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "gt-box"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	for _, name := range names() {
		if err := os.Symlink("gt-box", filepath.Join(dir, name)); err != nil {
			panic(err)
		}
	}
	box = dir
	return m.Run()
}

type result struct {
	out, err string
	status   int
}

// runIn runs a program in dir.
func runIn(t *testing.T, dir, stdin string, argv ...string) result {
	t.Helper()
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir = dir
	c.Env = []string{"PATH=" + box + ":/usr/bin:/bin", "HOME=/root", "LC_ALL=C"}
	c.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := c.ProcessState.ExitCode()
	if status < 0 {
		status = 128 + 15
	}
	return result{out.String(), errs.String(), status}
}

func sh(t *testing.T, script string) result {
	t.Helper()
	return runIn(t, t.TempDir(), "", filepath.Join(box, "sh"), "-c", script)
}

func TestDispatch(t *testing.T) {
	gt := filepath.Join(box, "gt-box")
	for _, c := range []struct {
		argv   []string
		status int
		out    string
	}{
		{[]string{gt, "--version"}, 0, "gt-box version dev\n"},
		{[]string{gt, "echo", "a"}, 0, "a\n"},
		{[]string{gt, "false"}, 1, ""},
		{[]string{gt, "nosuch"}, 127, ""},
		{[]string{gt}, 2, ""},
		{[]string{gt, "install"}, 2, ""},
		{[]string{gt, "sh", "-c", "echo $0 $1", "n", "x"}, 0, "n x\n"},
		{[]string{filepath.Join(box, "echo"), "b"}, 0, "b\n"},
	} {
		r := runIn(t, t.TempDir(), "", c.argv...)
		if r.status != c.status || r.out != c.out {
			t.Errorf("%v: status %d, out %q; want %d, %q", c.argv[1:], r.status, r.out, c.status, c.out)
		}
	}
	list := runIn(t, t.TempDir(), "", gt, "list").out
	for _, name := range strings.Fields("sh true false echo cat ls id env printenv hostname pwd sleep ps mount umount mkdir rmdir rm cp mv " +
		"ln touch chmod chown stat head tail wc grep seq test [ kill uname readlink dd sync mknod mkfifo tty stty nproc date basename " +
		"dirname yes tee sort uniq cut tr xargs find which whoami df free ip caps fds probe") {
		if !strings.Contains("\n"+list, "\n"+name+"\n") {
			t.Errorf("list lacks %s", name)
		}
	}
}

// TestDependencies keeps the binary small and quick to start.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(string(out)) {
		switch p {
		case "net", "net/http", "net/netip", "encoding/json", "log/slog", "text/template", "crypto/tls", "math/big",
			"github.com/dustin/go-humanize":
			t.Errorf("%s is linked in: it costs too much at start", p)
		}
	}
}
