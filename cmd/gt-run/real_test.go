package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// real has the tools of $GT_BIN beside a fresh gt-run, and busybox as its root.
func real(t *testing.T) *house {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("need root")
	}
	bin := os.Getenv("GT_BIN")
	if bin == "" {
		bin = "../../bin"
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		t.Fatal(err)
	}
	h := build(t)
	for _, tool := range []string{"gt-oci", "gt-seccomp", "gt-mon"} {
		if _, err := os.Stat(filepath.Join(bin, tool)); err != nil {
			t.Skipf("need %s in %s (make build)", tool, bin)
		}
		if err := os.Symlink(filepath.Join(bin, tool), h.file(tool)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(workshop, "gt-init"), h.file("gt-init")); err != nil {
		t.Fatal(err)
	}
	h.busybox(t)
	t.Cleanup(func() { h.empty(t); h.stateless(t) })
	return h
}

func (h *house) busybox(t *testing.T) {
	t.Helper()
	box, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("need busybox (busybox-static)")
	}
	text, err := os.ReadFile(box)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"bin", "proc", "sys", "dev", "etc", "tmp", "data"} {
		if err := os.Mkdir(filepath.Join(h.root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(h.root, "bin/busybox"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"sh", "cat", "id", "env", "true", "sleep", "stty", "hostname", "grep", "pwd", "touch"} {
		if err := os.Symlink("busybox", filepath.Join(h.root, "bin", a)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(h.root, "etc/passwd"), []byte("gopher:x:1000:1001::/home/g:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A directory below t.TempDir is closed to the users inside.
	if err := os.Chmod(h.root, 0o755); err != nil {
		t.Fatal(err)
	}
}

func (h *house) stateless(t *testing.T) {
	left, err := os.ReadDir(h.file("state"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range left {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			t.Errorf("container left: %s", e.Name())
		}
	}
}

func TestReal(t *testing.T) {
	h := real(t)
	share := t.TempDir()
	if err := os.WriteFile(filepath.Join(share, "f"), []byte("shared\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   string
		stdout string
		code   int
	}{
		"code":        {"-- sh -c§exit 7", "", 7},
		"signal":      {"-- sh -c§sh -c 'kill -9 $$'; exit $?", "", 137},
		"no-program":  {"-- nonesuch", "", 127},
		"not-a-file":  {"-- /etc", "", 126},
		"hostname":    {"--hostname gopher -- hostname", "gopher\n", 0},
		"name":        {"--name web --rm -- hostname", "web\n", 0},
		"cmd":         {"--cmd§sh -c 'pwd'§-w /bin", "/bin\n", 0},
		"user":        {"-u gopher -- sh -c§id -u; id -g; echo $HOME", "1000\n1001\n/home/g\n", 0},
		"env":         {"-e A=b -e TZ -e NONE -- sh -c§echo $A $TZ $SECRET.", "b UTC .\n", 0},
		"stdin":       {"-- cat", "", 0},
		"volume":      {"-v " + share + ":/data:ro -- sh -c§cat /data/f; touch /data/g 2>/dev/null || echo ro", "shared\nro\n", 0},
		"read-only":   {"--read-only -- sh -c§touch /x 2>/dev/null || echo ro", "ro\n", 0},
		"no-new":      {"--no-new-privs -- grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1\n", 0},
		"seccomp":     {"-- grep Seccomp: /proc/self/status", "Seccomp:\t2\n", 0},
		"unconfined":  {"--seccomp unconfined -- grep Seccomp: /proc/self/status", "Seccomp:\t0\n", 0},
		"bounding":    {"-- grep CapInh /proc/self/status", "CapInh:\t0000000000000000\n", 0},
		"no-user":     {"-u nobody-here -- true", "", 125},
		"no-root":     {"--rootfs /nonesuch -- true", "", 125},
		"bad-size":    {"--mem lots -- true", "", 125},
		"host-no-net": {"--net 10.1.0/16 -- true", "", 125},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"--rootfs", h.root}
			for i, part := range strings.Split(c.args, "§") {
				if i%2 == 0 {
					args = append(args, strings.Fields(part)...)
				} else {
					args = append(args, part)
				}
			}
			stdout, stderr, code := h.run(t, args...)
			if stdout != c.stdout || code != c.code {
				t.Errorf("have %q, %d, need %q, %d (%s)", stdout, code, c.stdout, c.code, stderr)
			}
			if code == 125 && strings.Count(stderr, "\n") != 1 {
				t.Errorf("need one sentence, have %q", stderr)
			}
			h.empty(t)
		})
	}
}

// A named container stays until gt-oci deletes it, and takes its bundle along.
func TestKept(t *testing.T) {
	h := real(t)
	if _, stderr, code := h.run(t, "--name", "web", "--rootfs", h.root, "--", "true"); code != 0 {
		t.Fatal(stderr)
	}
	if _, stderr, code := h.run(t, "--name", "web", "--rootfs", h.root, "--", "true"); code != 125 || !strings.Contains(stderr, "container web exists") {
		t.Errorf("have %q, %d", stderr, code)
	}
	out, err := h.oci("delete", "web")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func (h *house) oci(args ...string) ([]byte, error) {
	return exec.Command(h.file("gt-oci"), append([]string{"--root", h.file("state")}, args...)...).CombinedOutput()
}

func TestDetached(t *testing.T) {
	h := real(t)
	stdout, stderr, code := h.run(t, "-d", "--name", "web", "--rootfs", h.root, "--", "sh", "-c", "echo out; exec sleep 100")
	if stdout != "web\n" || code != 0 {
		t.Fatalf("have %q, %q, %d", stdout, stderr, code)
	}
	if out, err := h.oci("state", "web"); err != nil || !strings.Contains(string(out), "running") {
		t.Errorf("have %s, %v", out, err)
	}
	for range 6000 {
		if text, _ := os.ReadFile(h.file("data/bundles/web/mon/container.log")); strings.Contains(string(text), "out") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if text, err := os.ReadFile(h.file("data/bundles/web/mon/container.log")); !strings.Contains(string(text), `"log":"out\n"`) {
		t.Errorf("have %q, %v", text, err)
	}
	if out, err := h.oci("delete", "--force", "web"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSignal(t *testing.T) {
	h := real(t)
	c := h.command("--rootfs", h.root, "--", "sh", "-c", "trap 'echo term; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 6)
	if _, err := io.ReadFull(out, buf); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 5 || string(rest) != "term\n" {
		t.Errorf("have %q, %d", rest, code)
	}
}
